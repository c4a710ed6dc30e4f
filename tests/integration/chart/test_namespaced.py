"""Releases for some namespaces: by Roles alone, and two of them beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.cluster.kubectl import kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.integration.chart.conftest import clear
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
            own = {"watch": {"namespaces": [helm.namespace]}, "rbac": {"aggregate": False}}
            helm.install({**values, **own}, "--create-namespace")
        yield made
    finally:
        clear(cluster)


def test_two_releases_work_beside_each_other_by_one_cluster_role_each(
    cluster: NativeCluster, api: KubeApi, releases: list[Helm], tmp_path: Path
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

    releases[0].uninstall()
    kubectl(cluster, "delete", "namespace", "chart-one")
    releases[1].test()
