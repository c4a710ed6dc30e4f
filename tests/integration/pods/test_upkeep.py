"""Looking after sizes, groups and pods that no job owns, on a real API server.

The operator's own loop runs here, fed with the objects as they are; what it does takes place
in a namespace of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.cluster import images
from tests.cluster.kubeapi import KubeApi, Object
from tests.integration.pods.runners import SMALL, Runners
from tests.site.setup import apply_definitions

from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.upkeep import KEEP_SECONDS, Upkeep
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.config import from_kubeconfig
from fairlead_operator.kube.kinds import GROUPS, PODS, RELEASES, SIZES, Kind
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.pod_record import parse_pod
from fairlead_operator.settings import RunnerSettings

API = "fairlead.dev/v1beta1"
TASK = {"identifier": "acme.example/Fetch", "version": "v1.0", "entryPoint": "flows:Fetch"}


@pytest.fixture(autouse=True, scope="module")
def defined(runners: Runners) -> None:
    """Our definitions are there."""
    apply_definitions(runners.namespace.cluster)


@pytest.fixture
def size_name(runners: Runners) -> Iterator[str]:
    """The name of a size that is removed after the test."""
    name = f"{runners.namespace.name}-size"
    yield name
    runners.namespace.api.delete(SIZES.path(None, name))


class Kept:
    """A running upkeep, and the objects it is fed with."""

    def __init__(self, runners: Runners, client: KubeClient) -> None:
        settings = RunnerSettings(image=images.probe().name, account="default")
        self.api: KubeApi = runners.namespace.api
        self.namespace = runners.namespace.name
        self.late = 0.0
        self.woken: list[str | None] = []
        self.shared = Shared(settings, lambda job: None)
        self.upkeep = Upkeep(
            client, self.shared, self.now, self.woken.append, everywhere=True
        )  # fmt: skip

    def now(self) -> float:
        return time.time() + self.late

    def apply(self, kind: Kind, name: str, spec: Object) -> None:
        """Make or change one of our objects, and tell of it."""
        place = kind.path(self.namespace if kind.namespaced else None, name)
        metadata = {"name": name}
        body = {"apiVersion": API, "kind": kind.kind, "metadata": metadata, "spec": spec}
        self.api.request(
            "PATCH",
            f"{place}?fieldManager=tests&force=true",
            body,
            kind="application/apply-patch+yaml",
        )
        self.tell(kind, name)

    def get(self, kind: Kind, name: str) -> Object:
        place = kind.path(self.namespace if kind.namespaced else None, name)
        return dict(self.api.get(place))

    def tell(self, kind: Kind, name: str) -> None:
        self.upkeep.observe(Event(kind, "MODIFIED", self.get(kind, name)))

    def see(self, name: str) -> None:
        """Tell of a pod as it is."""
        pod = parse_pod(self.get(PODS, name))
        self.shared.pod_seen(pod, self.now())
        self.upkeep.pod_seen(pod)

    def pods(self, group: str) -> list[str]:
        place = PODS.path(self.namespace)
        found = self.api.get(place, labelSelector=f"fairlead.dev/machine-group={group}")["items"]
        return [pod["metadata"]["name"] for pod in found]

    async def until(self, what: str, probe: Callable[[], Any], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while not (found := await asyncio.to_thread(probe)):
            assert time.monotonic() < end, f"{what}: not after {seconds} s"
            await asyncio.sleep(0.05)
        return found

    def ready(self, kind: Kind, name: str) -> tuple[str, str]:
        status = self.get(kind, name).get("status") or {}
        found = [one for one in status.get("conditions") or () if one["type"] == "Ready"]
        return (found[0]["status"], found[0]["reason"]) if found else ("", "")

    async def becomes(self, kind: Kind, name: str, *words: str) -> Object:
        await self.until(f"{name} is {words}", lambda: self.ready(kind, name) == words)
        return dict(self.get(kind, name)["status"])


@asynccontextmanager
async def keeping(runners: Runners) -> AsyncIterator[Kept]:
    config = from_kubeconfig(runners.namespace.cluster.kubeconfig)
    async with KubeClient(config) as client:
        kept = Kept(runners, client)
        task = asyncio.create_task(kept.upkeep.run())
        try:
            yield kept
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_size_says_how_many_run_and_what_is_wrong(runners: Runners, size_name: str) -> None:
    async with keeping(runners) as kept:
        kept.apply(SIZES, size_name, {**SMALL, "podPatch": {"spec": {"hostPID": True}}})
        status = await kept.becomes(SIZES, size_name, "False", "InvalidMachineSize")
        assert "podPatch.spec.hostPID" in status["conditions"][0]["message"]
        kept.apply(SIZES, size_name, SMALL)
        status = await kept.becomes(SIZES, size_name, "True", "Ready")
        assert (status["running"], status["waiting"]) == (0, 0)
        pod = runners.pod("counted")
        pod["metadata"]["labels"]["fairlead.dev/machine-size"] = size_name
        runners.create(pod)
        kept.see("counted")
        await kept.until("one runs", lambda: kept.get(SIZES, size_name)["status"]["running"])


async def test_its_own_writes_tell_nobody_anything(runners: Runners, size_name: str) -> None:
    async with keeping(runners) as kept:
        kept.apply(SIZES, size_name, SMALL)
        await kept.becomes(SIZES, size_name, "True", "Ready")
        assert kept.woken == [None]
        kept.tell(SIZES, size_name)
        assert kept.woken == [None]
        kept.apply(SIZES, size_name, {**SMALL, "maxRunners": 3})
        assert kept.woken == [None, None]


async def test_an_ended_pod_that_no_job_owns_is_removed_after_a_while(runners: Runners) -> None:
    async with keeping(runners) as kept:
        runners.make("shared", "-c", "pass", reuse="AcrossJobs", owner=None, job=None)
        await kept.until("it has ended", lambda: runners.record("shared").ended)
        kept.see("shared")
        await asyncio.sleep(1.5)
        assert kept.get(PODS, "shared")
        kept.late = KEEP_SECONDS + 5
        gone = f"{runners.namespace.core}/pods?fieldSelector=metadata.name%3Dshared"
        await kept.until("it is gone", lambda: not kept.api.get(gone)["items"])


async def test_a_release_is_ready_once_its_package_is_there(runners: Runners) -> None:
    package = {"configMaps": ["late-code"], "sha256": "0" * 64, "size": 10}
    async with keeping(runners) as kept:
        kept.apply(RELEASES, "late-code", {"tasks": [TASK], "package": package})
        status = await kept.becomes(RELEASES, "late-code", "False", "ReleaseBroken")
        assert "ConfigMap late-code" in status["conditions"][0]["message"]
        assert status["tasks"] == 1
        body = {"metadata": {"name": "late-code"}, "binaryData": {"part": "eA=="}}
        kept.api.create(f"{runners.namespace.core}/configmaps", body)
        kept.late = 11
        await kept.becomes(RELEASES, "late-code", "True", "Ready")
        assert kept.woken[-1] == runners.namespace.name


async def test_a_group_whose_runners_do_not_start_says_why_and_makes_no_more(
    runners: Runners, size_name: str
) -> None:
    async with keeping(runners) as kept:
        kept.apply(SIZES, size_name, {**SMALL, "nodeSelector": {"no": "where"}})
        image = "localhost/fairlead/absent:1"
        kept.apply(RELEASES, "grouped", {"tasks": [TASK], "image": image})
        group = {"size": size_name, "minMachines": 1, "release": "grouped"}
        kept.apply(GROUPS, "stuck", group)
        (name,) = await kept.until("it has a runner", lambda: kept.pods("stuck"))

        def unscheduled() -> bool:
            kept.see(name)
            return kept.ready(GROUPS, "stuck") == ("False", "Unschedulable")

        await kept.until("it says why", unscheduled)
        assert kept.pods("stuck") == [name]
        kept.apply(GROUPS, "stuck", {**group, "desired": "Terminated"})
        await kept.until("its runner is gone", lambda: not kept.pods("stuck"))


async def test_a_group_that_a_quota_keeps_from_runners_gets_them_later(
    runners: Runners, size_name: str
) -> None:
    async with keeping(runners) as kept:
        kept.apply(SIZES, size_name, {**SMALL, "nodeSelector": {"no": "where"}})
        kept.apply(RELEASES, "quoted", {"tasks": [TASK], "image": "localhost/x:1"})
        quotas = f"{runners.namespace.core}/resourcequotas"
        body = {"metadata": {"name": "no-pods"}, "spec": {"hard": {"count/pods": "0"}}}
        kept.api.create(quotas, body)
        try:
            group = {"size": size_name, "minMachines": 1, "release": "quoted"}
            kept.apply(GROUPS, "quoted", group)
            await kept.becomes(GROUPS, "quoted", "False", "QuotaExceeded")
            assert kept.pods("quoted") == []
        finally:
            kept.api.delete(f"{quotas}/no-pods")
        kept.late = 10
        await kept.until("it has a runner", lambda: kept.pods("quoted"))
