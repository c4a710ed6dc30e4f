"""A release from its first install to its end, with a job under way through all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.shell import ClusterError
from tests.integration.chart import older
from tests.integration.chart.gate import Gate, gate
from tests.integration.chart.kit import Place, credentials, definition, leader, pods
from tests.integration.chart.outside import read, store_of
from tests.site import images
from tests.site.helm import Helm
from tests.site.values import named

LARGE = 100_000
"""Characters of a result: more than fits into an object."""

pytestmark = [pytest.mark.timeout(600, func_only=True), pytest.mark.usefixtures("bare")]


@pytest.fixture
def helm(cluster: NativeCluster) -> Helm:
    """The release, for all namespaces."""
    return Helm(cluster, "chart-system")


@pytest.fixture
def wide(values: dict[str, Any], place: Place) -> dict[str, Any]:
    """Values of a release for all namespaces whose jobs are in one."""
    return {**values, "jobs": {"namespaces": [place.namespace]}}


def test_a_release_is_upgraded_and_rolled_back_around_a_job_that_runs(
    helm: Helm,
    wide: dict[str, Any],
    place: Place,
    api: KubeApi,
    held_gate: Gate,
    tmp_path: Path,
) -> None:
    with older.operator(images.operator(), tmp_path) as image:
        helm.cluster.load(image)
    before = {**wide, "operator": {**wide["operator"], "image": named(image)}}
    helm.install(before, "--create-namespace", chart=older.chart(tmp_path))
    assert not older.knows(definition(api, "tasks"))

    place.publish()
    made = place.submit("long", held_gate.address, LARGE)
    held = place.wait_running("long", "hold")
    store, secret = pods(helm, api, "store"), credentials(helm, api, place.namespace)
    operator = pods(helm, api)
    assert credentials(helm, api, helm.namespace) == secret

    # An image that cannot be had is found out before anything is changed.
    broken = {**wide, "operator": {"image": {"repository": "fairlead/none", "pullPolicy": "Never"}}}
    with pytest.raises(ClusterError, match="pre-upgrade hooks failed"):
        helm.upgrade(broken, "--timeout=10s")
    assert pods(helm, api) == operator
    assert [one["status"] for one in helm.revisions()] == ["deployed", "failed"]

    helm.upgrade(wide)
    assert older.knows(definition(api, "tasks"))
    assert set(pods(helm, api)).isdisjoint(operator)
    # The store holds what jobs have written: nothing of it is touched.
    assert pods(helm, api, "store") == store
    assert credentials(helm, api, place.namespace) == secret

    helm.rollback(1)
    assert older.knows(definition(api, "tasks"))
    assert pods(helm, api, "store") == store
    now = place.task("long", "hold")
    assert now["status"]["podName"] == held["status"]["podName"]
    assert place.job("long")["metadata"]["uid"] == made["metadata"]["uid"]

    held_gate.open()
    place.wait_complete("long")
    assert place.result("long", "measure") == str(LARGE)
    written = place.task("long", "hold")["status"]
    assert written["attempt"] == 1
    assert written["resultRef"]["size"] > LARGE
    with store_of(helm, secret) as store:
        code = "from fairlead import Client; print(Client().jobs().find('long').result)"
        assert "h" * LARGE in read(helm, place.namespace, store, code)

    # It runs a job and looks at the metrics, and leaves nothing.
    helm.test()
    assert place.names("releases") == ["held"]


def have_another_act(helm: Helm, api: KubeApi) -> None:
    """End the one of two operators that acts, and wait until another does."""
    first = until("an operator acts", lambda: leader(helm, api))["metadata"]
    assert len(pods(helm, api)) == 2
    api.delete(f"/api/v1/namespaces/{helm.namespace}/pods/{first['name']}")

    def another() -> bool:
        found = leader(helm, api)
        return bool(found) and found["metadata"]["uid"] != first["uid"]

    until("another operator acts", another)


def test_jobs_outlive_a_release_unless_they_are_to_go_with_it(
    helm: Helm,
    wide: dict[str, Any],
    place: Place,
    api: KubeApi,
    held_gate: Gate,
) -> None:
    helm.install(wide, "--create-namespace")
    place.publish()
    place.submit("kept", held_gate.address, 10)
    place.wait_running("kept", "hold")
    there = {kind: place.names(kind) for kind in ("jobs", "tasks", "releases")}
    assert [len(names) for names in there.values()] == [1, 2, 1]

    helm.uninstall()
    assert pods(helm, api) == []
    assert {kind: place.names(kind) for kind in there} == there
    assert definition(api, "jobs")

    two = {**wide, "operator": {**wide["operator"], "replicas": 2}}
    helm.install(two)
    have_another_act(helm, api)
    held_gate.open()
    place.wait_complete("kept")
    assert place.result("kept", "measure") == "10"
    helm.test()

    with gate(helm.cluster.layout.host) as other:
        place.submit("unfinished", other.address, 10)
        place.wait_running("unfinished", "hold")
        helm.upgrade({**two, "uninstall": {"deleteJobs": True}})
        helm.uninstall()
    assert place.names("jobs") == place.names("tasks") == []
    until("no runner is left", lambda: not place.runners())
    assert place.names("releases") == ["held"]
    assert definition(api, "jobs")
