"""Agents as processes of this machine, against a control plane that has no nodes.

The test plays the operator: it makes Tasks, gives them to pods that run nowhere, and starts
for such a pod the agent that would run in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.fixtures import (
    _bring_up,
    cannot,
    cluster_turn,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)
from tests.cluster.kubeapi import KubeApi
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.provider import Cluster
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import UnsupportedError
from tests.integration.api.actors import CRDS, Site, kubectl, make_site, remove_site
from tests.integration.runner_pod.stand import Stand

from fairlead_operator.manifests.install import Install

__all__ = [
    "cluster_turn",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[NativeCluster]:
    """An API server of these tests' own with our definitions."""
    made = NativeCluster("runner", nodes=0)
    try:
        made.check()
    except UnsupportedError as reason:
        cannot(reason)
    was_up = made.is_up()
    try:
        _bring_up(made)
        done = kubectl(made, "apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
        assert done.returncode == 0, done.stderr
        names = [f"crd/{path.stem}.fairlead.dev" for path in CRDS.glob("*.yaml")]
        done = kubectl(made, "wait", "--for=condition=Established", "--timeout=30s", *names)
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        if not was_up:
            made.down()


@pytest.fixture(scope="session")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A namespace behind the fence."""
    api = KubeApi(cluster.kubeconfig)
    body = {"metadata": {"generateName": "runner-", "labels": {"fairlead.dev/test": "true"}}}
    name = api.create("/api/v1/namespaces", body)["metadata"]["name"]
    install = Install("fairlead", f"{name}-system", (name,))
    made = make_site(install, name, cluster, Path(tmp_path_factory.mktemp("tokens")))
    yield made
    remove_site(made)
    for own in (name, install.namespace):
        KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{own}")


@pytest.fixture
def stand(site: Site, tmp_path: Path) -> Iterator[Stand]:
    """What a test needs to play the operator."""
    with Stand(site, tmp_path) as made:
        yield made


@pytest.fixture
def proxy(cluster: NativeCluster) -> Iterator[ProxyClient]:
    """A proxy in front of the API server, without any rule."""
    client = cluster.faults.proxy()
    client.remove()
    yield client
    client.remove()
