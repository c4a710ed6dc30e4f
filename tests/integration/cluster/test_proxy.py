"""The fault proxy lets everything through, except what it is told to break."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from tests.cluster.kubeapi import ApiError, KubeApi, Object, until
from tests.cluster.namespaces import Namespace
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import ClusterError, run


@pytest.fixture
def through(proxy: ProxyClient) -> Iterator[KubeApi]:
    """A client that goes through the proxy."""
    api = KubeApi(proxy.kubeconfig, timeout=20)
    yield api
    api.close()


@pytest.fixture
def maps(namespace: Namespace) -> str:
    """The collection of config maps in the test's namespace."""
    return f"{namespace.core}/configmaps"


def make(api: KubeApi, maps: str, name: str) -> Any:
    """Create a config map."""
    return api.create(maps, {"metadata": {"name": name}})


def names(api: KubeApi, maps: str) -> set[str]:
    """The config maps there are, without the one that every namespace has."""
    found = {item["metadata"]["name"] for item in api.get(maps)["items"]}
    return found - {"kube-root-ca.crt"}


class Watcher:
    """Collects the events of a watch in the background."""

    def __init__(self, api: KubeApi, path: str) -> None:
        self.events: list[tuple[str, str]] = []
        self.last: Object = {}
        self.ended = threading.Event()
        self._events = api.watch(path, timeout=40, resourceVersion=_version(api, path))
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        try:
            for event in self._events:
                self.last = event
                name = event["object"].get("metadata", {}).get("name", "")
                self.events.append((event["type"], name))
        except (OSError, ValueError, ClusterError):
            self.events.append(("BROKEN", ""))
        finally:
            self.ended.set()

    def wait(self, *expected: tuple[str, str]) -> None:
        """Wait until exactly these events have come."""
        until(f"the events {expected}", lambda: self.events == list(expected), timeout=20)

    def quiet(self, seconds: float = 0.5) -> None:
        """Give events that must not come time to come."""
        time.sleep(seconds)


def _version(api: KubeApi, path: str) -> str:
    return str(api.get(path)["metadata"]["resourceVersion"])


@contextmanager
def meanwhile(call: Any, *args: Any) -> Iterator["Future[Any]"]:
    """Make a call in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(call, *args)


def test_without_rules_all_goes_through_as_the_same_user(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = through.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    user = answer["status"]["userInfo"]
    assert user["username"] == "admin"
    assert "system:masters" in user["groups"]

    make(through, maps, "one")
    through.patch(f"{maps}/one", {"data": {"key": "value"}})
    through.delete(f"{maps}/one")

    assert names(namespace.api, maps) == set()
    seen = [entry for entry in proxy.log() if entry["namespace"] == namespace.name]
    assert [entry["verb"] for entry in seen] == ["create", "patch", "delete"]
    assert [entry["status"] for entry in seen] == [201, 200, 200]


def test_a_token_goes_through_and_a_claimed_name_does_not(
    proxy: ProxyClient, namespace: Namespace
) -> None:
    where = f"{namespace.core}/serviceaccounts/default/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = namespace.api.create(where, request)["status"]["token"]
    config = json.loads(proxy.kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    file = proxy.kubeconfig.with_name("token.kubeconfig")
    file.write_text(json.dumps(config))
    api = KubeApi(file)
    api._headers["X-Remote-User"] = "admin"
    api._headers["X-Remote-Group"] = "system:masters"

    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)

    account = f"system:serviceaccount:{namespace.name}:default"
    assert answer["status"]["userInfo"]["username"] == account
    with pytest.raises(ApiError, match="cannot list"):
        api.get(f"{namespace.core}/pods")


def test_kubectl_logs_and_exec_go_through(proxy: ProxyClient, namespace: Namespace) -> None:
    namespace.run_pod("talker", "sleep")
    namespace.wait_said("talker", "alive")
    kubectl = [namespace.cluster.kubectl, "--kubeconfig", proxy.kubeconfig, "-n", namespace.name]

    direct = namespace.cluster.environment

    assert "talker" in run([*kubectl, "get", "pods"], env=direct, timeout=20)
    said = run([*kubectl, "exec", "talker", "--", "echo", "hello"], env=direct, timeout=20)
    assert said == "hello\n"
    with subprocess.Popen(
        [str(word) for word in [*kubectl, "logs", "--follow", "talker"]],
        stdout=subprocess.PIPE,
        text=True,
        env=direct,
    ) as follow:
        assert follow.stdout is not None
        assert follow.stdout.readline() == "alive\n"
        follow.kill()


def test_a_dropped_request_never_reaches_the_server(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    with (
        proxy.rule("drop", verbs=["create"], resource="configmaps"),
        pytest.raises(OSError, match=r"closed|reset"),
    ):
        make(through, maps, "lost")

    assert names(namespace.api, maps) == set()


def test_a_delayed_request_arrives_late(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    started = time.monotonic()
    with proxy.rule("delay", verbs=["create"], resource="configmaps", seconds=1.0):
        make(through, maps, "late")

    assert time.monotonic() - started >= 1.0
    assert names(namespace.api, maps) == {"late"}


@pytest.mark.parametrize("status", [429, 500, 504])
def test_a_failed_request_is_refused_without_effect(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str, status: int
) -> None:
    with (
        proxy.rule("fail", verbs=["create"], resource="configmaps", status=status),
        pytest.raises(ApiError) as refused,
    ):
        make(through, maps, "refused")

    assert refused.value.status == status
    assert json.loads(refused.value.body)["code"] == status
    assert names(namespace.api, maps) == set()


def test_a_duplicated_request_takes_effect_twice(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    body = {"metadata": {"generateName": "twin-"}}
    with proxy.rule("duplicate", verbs=["create"], resource="configmaps"):
        answer = through.create(maps, body)

    found = names(namespace.api, maps)
    assert len(found) == 2
    assert answer["metadata"]["name"] in found


def test_a_hidden_reply_leaves_the_client_in_doubt_about_what_was_done(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    with (
        proxy.rule("hide-reply", verbs=["create"], resource="configmaps"),
        pytest.raises(OSError, match=r"closed|reset"),
    ):
        make(through, maps, "done")

    assert names(namespace.api, maps) == {"done"}


def test_a_held_request_goes_on_when_it_is_released(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    number = proxy.add("hold", verbs=["create"], resource="configmaps")
    with meanwhile(make, through, maps, "held") as answer:
        proxy.wait_hit(number)
        assert names(namespace.api, maps) == set()
        proxy.release(number)
        answer.result(timeout=10)

    assert names(namespace.api, maps) == {"held"}


def test_a_held_request_can_be_swallowed(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    number = proxy.add("hold", verbs=["create"], resource="configmaps")
    with meanwhile(make, through, maps, "held") as answer:
        proxy.wait_hit(number)
        proxy.release(number, drop=True)
        with pytest.raises(OSError, match=r"closed|reset"):
            answer.result(timeout=10)

    assert names(namespace.api, maps) == set()


def test_a_held_reply_comes_after_the_deed(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    number = proxy.add("hold-reply", verbs=["create"], resource="configmaps")
    with meanwhile(make, through, maps, "done") as answer:
        until("the deed", lambda: names(namespace.api, maps) == {"done"}, timeout=10)
        assert not answer.done()
        proxy.release(number)
        assert answer.result(timeout=10)["metadata"]["name"] == "done"


def test_a_rewound_list_shows_the_past(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    make(namespace.api, maps, "old")
    version = _version(namespace.api, maps)
    make(namespace.api, maps, "new")

    with proxy.rule("rewind", verbs=["list"], resource="configmaps", resource_version=version):
        assert names(through, maps) == {"old"}

    assert names(through, maps) == {"old", "new"}


def test_only_the_chosen_request_is_hit(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    rule = {"verbs": ["create"], "resource": "configmaps", "skip": 2, "times": 1}
    with proxy.rule("fail", status=500, **rule) as number:
        for name in ("a", "b"):
            make(through, maps, name)
        with pytest.raises(ApiError):
            make(through, maps, "c")
        make(through, maps, "d")
        assert proxy.hits(number) == 1

    assert names(namespace.api, maps) == {"a", "b", "d"}


def test_events_come_through_in_order(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    make(namespace.api, maps, "one")
    namespace.api.patch(f"{maps}/one", {"data": {"key": "value"}})
    namespace.api.delete(f"{maps}/one")

    watcher.wait(("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one"))


@pytest.mark.parametrize("lost", ["ADDED", "MODIFIED", "DELETED"])
def test_a_dropped_event_never_comes(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str, lost: str
) -> None:
    watcher = Watcher(through, maps)
    with proxy.rule("event-drop", resource="configmaps", types=[lost], times=1) as number:
        make(namespace.api, maps, "one")
        namespace.api.patch(f"{maps}/one", {"data": {"key": "value"}})
        namespace.api.delete(f"{maps}/one")
        proxy.wait_hit(number)

    kinds = [kind for kind in ("ADDED", "MODIFIED", "DELETED") if kind != lost]
    watcher.wait(*((kind, "one") for kind in kinds))


def test_a_delayed_event_holds_up_those_behind_it(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    started = time.monotonic()
    with proxy.rule("event-delay", resource="configmaps", name="^slow$", seconds=1.5):
        make(namespace.api, maps, "slow")
        make(namespace.api, maps, "next")
        watcher.wait(("ADDED", "slow"), ("ADDED", "next"))

    assert time.monotonic() - started >= 1.5


def test_a_duplicated_event_comes_twice(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    with proxy.rule("event-duplicate", resource="configmaps"):
        make(namespace.api, maps, "twin")
        watcher.wait(("ADDED", "twin"), ("ADDED", "twin"))


def test_a_failed_event_ends_the_watch_with_an_error(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    with proxy.rule("event-fail", resource="configmaps", status=410):
        make(namespace.api, maps, "one")
        assert watcher.ended.wait(10)

    assert watcher.events == [("ERROR", "")]
    assert watcher.last["object"]["code"] == 410


def test_held_events_come_when_they_are_released(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    number = proxy.add("event-hold", resource="configmaps")
    make(namespace.api, maps, "one")
    make(namespace.api, maps, "two")
    proxy.wait_hit(number)
    watcher.quiet()
    assert watcher.events == []

    proxy.remove(number)

    watcher.wait(("ADDED", "one"), ("ADDED", "two"))


def test_a_cut_watch_breaks(
    proxy: ProxyClient, through: KubeApi, namespace: Namespace, maps: str
) -> None:
    watcher = Watcher(through, maps)
    make(namespace.api, maps, "one")
    watcher.wait(("ADDED", "one"))

    assert proxy.cut_watches(namespace.name) == 1

    assert watcher.ended.wait(10)
    make(namespace.api, maps, "two")
    watcher.quiet()
    assert ("ADDED", "two") not in watcher.events


def test_a_rule_that_makes_no_sense_is_refused(proxy: ProxyClient) -> None:
    with pytest.raises(ClusterError, match="no action 'explode'"):
        proxy.add("explode")
    with pytest.raises(ClusterError, match="no verb"):
        proxy.add("drop", verb="get")
