"""The operator as a process: health, leadership, its start and its end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.kit import task
from tests.integration.operator_io.operator_process import OperatorProcess

Start = Callable[..., OperatorProcess]


@pytest.fixture
def start(proxied: Path, here: str, tmp_path: Path) -> Iterator[Start]:
    """Starts operators; their logs are shown where a test fails."""
    started: list[OperatorProcess] = []

    def one(name: str = "operator", kubeconfig: Path = proxied, **settings: str) -> OperatorProcess:
        log = tmp_path / f"{name}.log"
        own = OperatorProcess(kubeconfig, here, log, IDENTITY=name, **settings)
        started.append(own)
        return own

    yield one
    for own in started:
        own.end()
        print(f"--- {own.log.name}\n{own.text}")


def holder(cluster: NativeCluster, namespace: str) -> str:
    """Who has the lease."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/fairlead-operator"
    return str(KubeApi(cluster.kubeconfig).get(path)["spec"]["holderIdentity"])


def test_it_becomes_ready_leads_and_tells_its_numbers(
    start: Start, cluster: NativeCluster, here: str
) -> None:
    api = KubeApi(cluster.kubeconfig)
    path = f"/apis/fairlead.dev/v1beta1/namespaces/{here}/tasks"
    api.create(path, task("one"))
    own = start()
    own.wait_ready()
    own.wait_leading()
    assert own.ask("/healthz") == (200, "ok\n")
    assert own.number('fairlead_operator_events_total{kind="tasks",type="ADDED"}') == 1
    assert own.number("fairlead_operator_leader") == 1
    assert own.number('fairlead_operator_watch_age_seconds{kind="tasks"}') < 60
    api.create(path, task("two"))
    added = 'fairlead_operator_events_total{kind="tasks",type="ADDED"}'
    until("an event", lambda: own.number(added) == 2, timeout=30)
    assert holder(cluster, here) == "operator"


def test_asked_to_end_it_gives_the_lease_back(
    start: Start, cluster: NativeCluster, here: str
) -> None:
    first = start("first", LEASE_SECONDS="3600")
    first.wait_leading()
    second = start("second", LEASE_SECONDS="60")
    second.wait_ready()
    assert second.number("fairlead_operator_leader") == 0
    first.send(signal.SIGTERM)
    assert first.wait_ended() == 0
    assert "stopped" in first.text
    second.wait_leading()
    assert holder(cluster, here) == "second"


def test_killed_it_is_followed_by_the_one_in_standby(start: Start) -> None:
    first = start("first")
    first.wait_leading()
    second = start("second")
    second.wait_ready()
    first.send(signal.SIGKILL)
    assert first.wait_ended() == -signal.SIGKILL
    second.wait_leading()


def test_frozen_for_too_long_it_stands_by_when_it_goes_on(start: Start) -> None:
    first = start("first")
    first.wait_leading()
    second = start("second")
    second.wait_ready()
    first.send(signal.SIGSTOP)
    second.wait_leading()
    first.send(signal.SIGCONT)
    first.wait_said("beginning anew because")
    first.wait_said("the lease is held by=second")
    first.wait_ready()
    assert first.number("fairlead_operator_leader") == 0
    assert second.number("fairlead_operator_leader") == 1
    assert "Traceback" not in first.text
    # It is as good as new: it takes over where the other one ends.
    second.send(signal.SIGTERM)
    assert second.wait_ended() == 0
    until("the first leads again", lambda: first.text.count("leading lease=") == 2)


def test_cut_off_from_the_server_it_gives_way_and_waits(
    start: Start, cluster: NativeCluster, proxy: ProxyClient
) -> None:
    first = start("first")
    first.wait_leading()
    second = start("second", kubeconfig=cluster.kubeconfig)
    second.wait_ready()
    with proxy.rule("drop", path="^/api"):
        first.wait_said("beginning anew because")
        second.wait_leading()
        assert first.ask("/healthz")[0] == 200
        until("it is not ready", lambda: "unreachable" in first.ask("/readyz")[1])
    first.wait_said("the lease is held by=second")
    first.wait_ready()
    assert first.text.count("cause=unreachable because=") == 1


def test_a_server_that_is_away_is_awaited(start: Start, proxy: ProxyClient) -> None:
    away = proxy.add("drop", path="^/version")
    own = start()
    own.wait_said("cause=unreachable")
    assert own.ask("/healthz")[0] == 200
    proxy.remove(away)
    own.wait_ready()


def test_a_wrong_setting_is_said_in_a_line(start: Start, tmp_path: Path) -> None:
    for settings, told in (
        ({"PORT": "many"}, "FAIRLEAD_OPERATOR_PORT (--port) is 'many'"),
        ({"WACTH": "a"}, "Did you mean FAIRLEAD_OPERATOR_WATCH?"),
    ):
        own = start(f"wrong-{len(told)}", **settings)
        assert own.wait_ended() == 2
        assert told in own.text
        assert own.text.count("\n") == 1


def test_a_taken_port_and_a_missing_cluster_are_said_in_a_line(
    start: Start, tmp_path: Path
) -> None:
    first = start("first")
    first.ask("/healthz")
    port = first.text.split("port=")[1].split()[0]
    for name, settings, told in (
        ("second", {"PORT": port}, f"port {port}"),
        ("third", {"kubeconfig": tmp_path / "none"}, "no cluster to talk to"),
    ):
        own = start(name, **settings)
        assert own.wait_ended() == 2
        assert told in own.text
        assert own.text.count("\n") == 1
