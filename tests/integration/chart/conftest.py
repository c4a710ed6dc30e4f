"""A cluster of these tests' own, where nothing is installed: a release is for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.fixtures import TOLD, brought_up, cannot
from tests.cluster.kubeapi import KubeApi
from tests.cluster.kubectl import kubectl
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.provider import choose
from tests.integration.chart.gate import Gate, gate
from tests.integration.chart.kit import Place
from tests.site.helm import Helm
from tests.site.values import loaded

from fairlead.api.crds import KINDS


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[NativeCluster]:
    """A cluster of one node."""
    if choose().provider != "native":
        cannot("only the native provider makes a second cluster")
    made = NativeCluster("tests-chart", nodes=1)
    with brought_up(made):
        yield made


@pytest.fixture(scope="session")
def values(cluster: NativeCluster) -> dict[str, Any]:
    """Values with the images of this checkout, which the node has."""
    return loaded(cluster)


@pytest.fixture
def api(cluster: NativeCluster) -> Iterator[KubeApi]:
    """A client that may do everything."""
    made = KubeApi(cluster.kubeconfig)
    yield made
    made.close()


@pytest.fixture
def bare(cluster: NativeCluster) -> None:
    """No definitions of ours, whatever the test before has left: helm is to bring them."""
    names = [kind.crd_name for kind in KINDS]
    kubectl(cluster, "delete", "crd", "--ignore-not-found", *names)


@pytest.fixture
def held_gate(cluster: NativeCluster) -> Iterator[Gate]:
    """A gate for tasks; it is open once the test has ended."""
    with gate(cluster.layout.host) as made:
        yield made
        made.open()


@pytest.fixture
def place(cluster: NativeCluster, api: KubeApi, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A namespace for jobs under the restricted profile, and no release when the test ends."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    made = Place(cluster, api, "chart-jobs")
    path = "/api/v1/namespaces"
    api.create(path, {"metadata": {"name": made.namespace, "labels": labels}})
    request.node.stash[TOLD] = ("the release and its jobs", made.report)
    try:
        yield made
    finally:
        clear(cluster)


def clear(cluster: NativeCluster) -> None:
    """Take every release away, with the namespaces of these tests."""
    own = [f"chart-{name}" for name in ("jobs", "system", "one", "two")]
    for namespace in own[1:]:
        Helm(cluster, namespace).uninstall()
    kubectl(cluster, "delete", "namespace", "--ignore-not-found", *own, timeout=180)
