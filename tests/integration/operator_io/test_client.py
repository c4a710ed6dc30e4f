"""The client of the API server, against a real one."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.kit import BRISK, client, task, until

from fairlead_operator.kube.client import KubeClient, Patience
from fairlead_operator.kube.config import ClusterConfig, Token, from_kubeconfig
from fairlead_operator.kube.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    QuotaError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
)
from fairlead_operator.kube.kinds import ACCOUNTS, CONFIGMAPS, PODS, SIZES, TASKS, Kind

QUOTAS = Kind("", "v1", "resourcequotas", "ResourceQuota")


def config_map(name: str, **labels: str) -> dict[str, object]:
    return {"metadata": {"name": name, "labels": labels}}


async def test_an_object_is_made_read_changed_and_deleted(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        made = await own.create(TASKS, here, task("one"))
        assert (await own.get(TASKS, here, "one"))["spec"] == made["spec"]
        changed = await own.patch_status(TASKS, here, "one", {"state": "Running"})
        assert changed["status"]["state"] == "Running"
        await own.patch(TASKS, here, "one", {"metadata": {"labels": {"a": "b"}}})
        await own.delete(TASKS, here, "one", uid=made["metadata"]["uid"])
        with pytest.raises(NotFoundError, match="one"):
            await own.get(TASKS, here, "one")
        await own.delete(TASKS, here, "one")


async def test_each_refusal_has_its_class(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        made = await own.create(TASKS, here, task("one"))
        with pytest.raises(AlreadyExistsError):
            await own.create(TASKS, here, task("one"))
        with pytest.raises(ConflictError):
            await own.patch_status(TASKS, here, "one", {}, resource_version="1")
        with pytest.raises(InvalidError):
            await own.patch_status(TASKS, here, "one", {"state": "Nonsense"})
        version = made["metadata"]["resourceVersion"]
        await own.patch_status(TASKS, here, "one", {"attempt": 1}, resource_version=version)


async def test_a_used_up_quota_is_told_from_other_refusals(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        nothing = {"metadata": {"name": "none"}, "spec": {"hard": {"count/configmaps": "0"}}}
        await own.create(QUOTAS, here, nothing)

        async def refused() -> str:
            # The quota is in force once its controller has counted.
            try:
                await own.create(CONFIGMAPS, here, {"metadata": {"generateName": "c-"}})
            except QuotaError as error:
                return error.message
            except ForbiddenError:
                pass
            return ""

        assert "exceeded quota: none" in await until("a refusal", refused)


async def test_another_object_of_that_name_is_not_deleted(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        await own.create(TASKS, here, task("one"))
        await own.delete(TASKS, here, "one", uid="another")
        assert await own.get(TASKS, here, "one")


async def test_pages_are_of_one_state(proxied: Path, here: str) -> None:
    async with client(proxied) as own:
        for number in range(7):
            await own.create(TASKS, here, task(f"t{number}"))
        seen, versions, rest = [], set(), []
        async for page in own.pages(TASKS, here, limit=3):
            seen += [item["metadata"]["name"] for item in page.items]
            versions.add(page.resource_version)
            rest.append(page.remaining)
            await own.create(TASKS, here, task(f"t{len(seen)}-late"))
        assert seen == [f"t{number}" for number in range(7)]
        assert len(versions) == 1
        assert rest == [4, 1, 0]
        names = [page async for page in own.pages(TASKS, here, metadata_only=True)]
        assert len(names[0].items) == 10
        assert not any("spec" in item for item in names[0].items)


async def test_a_collection_is_deleted_by_label(
    proxied: Path, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead_operator.kube.client.PAGE", 4)
    async with client(proxied) as own:
        for number in range(10):
            await own.create(CONFIGMAPS, here, config_map(f"c{number}", keep="no"))
        await own.create(CONFIGMAPS, here, config_map("kept", keep="yes"))
        await own.delete_collection(CONFIGMAPS, here, "keep=no")
        assert own.counts.total("deletecollection") == 3
        left = [page async for page in own.pages(CONFIGMAPS, here, labels="keep")]
        assert [item["metadata"]["name"] for item in left[0].items] == ["kept"]


async def test_pods_that_take_their_time_do_not_keep_a_deletion_going(
    proxied: Path, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay in the list until a kubelet has ended them, and here there is none."""
    monkeypatch.setattr("fairlead_operator.kube.client.PAGE", 2)
    async with client(proxied) as own:
        await until("the account of pods", lambda: account(own, here))
        for number in range(3):
            await own.create(PODS, here, scheduled_pod(f"p{number}"))
        await own.delete_collection(PODS, here, "app=mine")
        left = [page async for page in own.pages(PODS, here, labels="app=mine")]
        assert all(item["metadata"].get("deletionTimestamp") for item in left[0].items)
        assert len(left[0].items) == 3
        for number in range(3):
            await own.delete(PODS, here, f"p{number}", grace=0)
        assert [page.items async for page in own.pages(PODS, here)] == [[]]


async def account(own: KubeClient, namespace: str) -> bool:
    """Whether the namespace has the account without which pods are refused."""
    try:
        return bool(await own.get(ACCOUNTS, namespace, "default"))
    except NotFoundError:
        return False


def scheduled_pod(name: str) -> dict[str, object]:
    """A pod that the server believes on a node, so that it is ended with grace."""
    secure = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    return {
        "metadata": {"name": name, "labels": {"app": "mine"}},
        "spec": {
            "nodeName": "nowhere",
            "terminationGracePeriodSeconds": 3600,
            "containers": [{"name": "main", "image": "none", "securityContext": secure}],
        },
    }


@pytest.mark.parametrize("status", [429, 500, 503, 504])
async def test_what_the_server_cannot_do_now_is_asked_again(
    proxied: Path, here: str, proxy: ProxyClient, status: int
) -> None:
    async with client(proxied) as own:
        await own.create(TASKS, here, task("one"))
        with proxy.rule("fail", status=status, times=3, namespace=here):
            await own.patch_status(TASKS, here, "one", {"attempt": 1})
        assert own.counts.requests["patch", "tasks.fairlead.dev/status", str(status)] == 3
        assert own.counts.requests["patch", "tasks.fairlead.dev/status", "200"] == 1


async def test_patience_ends(proxied: Path, here: str, proxy: ProxyClient) -> None:
    async with client(proxied) as own:
        with proxy.rule("fail", status=429), pytest.raises(TooManyRequestsError):
            await own.get(TASKS, here, "one")
        assert own.counts.requests["get", "tasks.fairlead.dev", "429"] == BRISK.tries


async def test_creating_is_not_repeated_when_nobody_knows_what_became_of_it(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied) as own:
        with (
            proxy.rule("hide-reply", verbs=["create"], namespace=here, times=1),
            pytest.raises(UnavailableError),
        ):
            await own.create(TASKS, here, task("one"))
        assert await own.get(TASKS, here, "one")
        with proxy.rule("fail", verbs=["create"], namespace=here, status=429, times=2):
            await own.create(TASKS, here, task("two"))


async def test_a_lost_reply_to_a_conditional_write_shows_as_a_conflict(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied) as own:
        made = await own.create(TASKS, here, task("one"))
        version = made["metadata"]["resourceVersion"]
        with (
            proxy.rule("hide-reply", verbs=["patch"], namespace=here, times=1),
            pytest.raises(ConflictError),
        ):
            await own.patch_status(TASKS, here, "one", {"attempt": 1}, resource_version=version)
        assert (await own.get(TASKS, here, "one"))["status"]["attempt"] == 1


async def test_a_server_that_does_not_answer_is_given_up(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied, Patience(tries=2, seconds=0.3)) as own:
        held = proxy.add("hold", namespace=here)
        with pytest.raises(UnavailableError, match="no answer in time"):
            await own.get(TASKS, here, "one")
        assert own.counts.requests["get", "tasks.fairlead.dev", "none"] == 2
        proxy.release(held, drop=True)


async def test_no_more_requests_than_allowed_are_under_way(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with client(proxied, most_requests=3) as own:
        held = proxy.add("hold", verbs=["get"], namespace=here, name="^none$")
        asked = [asyncio.create_task(own.get(TASKS, here, "none")) for _ in range(9)]
        await asyncio.to_thread(proxy.wait_hit, held, 3)
        # Another's place in the queue is behind all of these: it never gets its turn.
        last = asyncio.create_task(own.get(TASKS, here, "other"))
        await asyncio.sleep(0.2)
        assert proxy.hits(held) == 3
        assert not last.done()
        proxy.remove(held)
        answers = await asyncio.gather(*asked, last, return_exceptions=True)
        assert all(isinstance(answer, NotFoundError) for answer in answers)


async def test_the_server_says_its_version(proxied: Path) -> None:
    async with client(proxied) as own:
        assert int((await own.version())["minor"]) >= 32


async def test_a_renewed_token_is_read_again(
    cluster: NativeCluster, here: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("outdated")
    admin = from_kubeconfig(cluster.kubeconfig)
    tls = ssl.create_default_context(cafile=str(cluster.layout.pki / "ca.crt"))
    config = ClusterConfig(admin.server, tls, token=Token(file.read_text))
    async with client(cluster.kubeconfig) as own, KubeClient(config, patience=BRISK) as pod:
        with pytest.raises(UnauthorizedError):
            await pod.get(SIZES, None, "small")
        await until("the account of pods", lambda: account(own, here))
        file.write_text(
            KubeApi(cluster.kubeconfig).create(
                f"/api/v1/namespaces/{here}/serviceaccounts/default/token",
                {"spec": {"expirationSeconds": 3600}},
            )["status"]["token"]
        )
        with pytest.raises(ForbiddenError, match=f"{here}:default"):
            await pod.get(SIZES, None, "small")
