"""A control plane without nodes for the tests of the custom resources and their fence.

Nothing runs here: pods stay pending, and tokens are bound to them all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.fixtures import (
    Namespace,
    _bring_up,
    cannot,
    cluster_turn,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)
from tests.cluster.kubeapi import KubeApi
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.provider import Cluster, choose
from tests.cluster.shell import UnsupportedError
from tests.integration.api.actors import CRDS, Site, kubectl, make_site, remove_site

from fairlead_operator.manifests.install import Install

__all__ = [
    "cluster_turn",
    "namespace",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[Cluster]:
    """An API server with our definitions: an own one where it can be had in seconds."""
    found: Cluster = NativeCluster("api", nodes=0)
    try:
        if choose().provider != "native":
            found = choose()
        found.check()
    except UnsupportedError as reason:
        cannot(reason)
    was_up = found.is_up()
    try:
        _bring_up(found)
        done = kubectl(found, "apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
        assert done.returncode == 0, done.stderr
        names = [f"crd/{path.stem}.fairlead.dev" for path in CRDS.glob("*.yaml")]
        done = kubectl(found, "wait", "--for=condition=Established", "--timeout=30s", *names)
        assert done.returncode == 0, done.stderr
        yield found
    finally:
        if not was_up:
            found.down()


@pytest.fixture
def admin(namespace: Namespace) -> KubeApi:
    """A client that may do everything."""
    return namespace.api


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A namespace behind the fence, shared by the tests of a module."""
    api = KubeApi(cluster.kubeconfig)
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "fairlead.dev/test": "true"}
    body = {"metadata": {"generateName": "fence-", "labels": labels}}
    name = api.create("/api/v1/namespaces", body)["metadata"]["name"]
    install = Install("fairlead", f"{name}-system", (name,))
    made = make_site(install, name, cluster, Path(tmp_path_factory.mktemp("tokens")))
    yield made
    remove_site(made)
    for own in (name, install.namespace):
        api.delete(f"/api/v1/namespaces/{own}")
