"""Releases for some namespaces: by Roles alone, and two of them beside each other."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi, until
from tests.cluster.kubectl import kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.integration.chart.conftest import clear
from tests.integration.chart.kit import Place, unrunnable
from tests.integration.chart.test_chores import chore
from tests.site.helm import Helm

RBAC = "/apis/rbac.authorization.k8s.io/v1"

pytestmark = [pytest.mark.timeout(600, func_only=True), pytest.mark.usefixtures("bare")]


@pytest.fixture
def releases(cluster: NativeCluster, values: dict[str, Any]) -> Any:
    """Two releases of one name, each for its own namespace."""
    made = [Helm(cluster, "chart-one"), Helm(cluster, "chart-two")]
    try:
        for helm in made:
            helm.install(own(helm, values), "--create-namespace")
        yield made
    finally:
        clear(cluster)


def own(helm: Helm, values: dict[str, Any]) -> dict[str, Any]:
    """Values of a release that looks after its own namespace."""
    watched = {"watch": {"namespaces": [helm.namespace]}, "rbac": {"aggregate": False}}
    return {**values, **watched}


def test_two_releases_work_beside_each_other_by_one_cluster_role_each(
    cluster: NativeCluster, api: KubeApi, releases: list[Helm], values: dict[str, Any]
) -> None:
    found = api.get(f"{RBAC}/clusterroles", labelSelector="app.kubernetes.io/name=fairlead")
    assert len(found["items"]) == len(releases)
    for role in found["items"]:
        [rule] = role["rules"]
        assert rule["resources"] == ["machinesizes"]
        assert set(rule["verbs"]) == {"get", "list", "watch"}
        assert "rbac.authorization.k8s.io" not in str(role["metadata"]["labels"])

    # Each runs a job of its own, and counts it: the other one does not touch it.
    for helm in releases:
        helm.test()

    # A job that cannot run says why, in a line.
    words = ["--namespace", "chart-one", "--release", "none", "--seconds", "3"]
    code, _, problems = chore(cluster.kubeconfig, "trial", *words)
    assert code == 1
    [problem] = problems
    assert "the job has not ended after 3 s" in problem
    assert "task write Queued" in problem

    # The jobs of one may go with it: those of the other stay.
    first, second = releases
    places = [Place(cluster, api, helm.namespace) for helm in releases]
    for place in places:
        api.create(place.path("jobs"), unrunnable("waits"))
        until("its task waits", partial(place.names, "tasks"))
    first.upgrade({**own(first, values), "uninstall": {"deleteJobs": True}})
    first.uninstall()
    assert [place.names("jobs") for place in places] == [[], ["waits"]]
    assert [len(place.names("tasks")) for place in places] == [0, 1]
    assert api.get(f"{RBAC}/namespaces/{first.namespace}/roles")["items"] == []
    kubectl(cluster, "delete", "namespace", "chart-one")
    second.test()
