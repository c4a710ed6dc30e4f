"""A control plane without nodes for the operator's client, observers and elector.

Behind its fault proxy, which makes of it any server one may meet.
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
from tests.cluster.native.faults import Faults
from tests.cluster.provider import choose
from tests.cluster.proxy.client import ProxyClient
from tests.cluster.shell import UnsupportedError
from tests.integration.api.actors import CRDS, kubectl

__all__ = [
    "cluster_turn",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[NativeCluster]:
    """An API server of our own with our definitions: its faults hit nobody else."""
    found = NativeCluster("op-io", nodes=0)
    try:
        if choose().provider != "native":
            raise UnsupportedError("only a native cluster has the fault verbs")
        found.check()
    except UnsupportedError as reason:
        cannot(reason)
    was_up = found.is_up()
    try:
        _bring_up(found)
        define(found)
        yield found
    finally:
        if not was_up:
            found.down()


def define(cluster: NativeCluster) -> None:
    """Install our definitions, and wait until the server serves them."""
    done = kubectl(cluster, "apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    assert done.returncode == 0, done.stderr
    names = [f"crd/{path.stem}.fairlead.dev" for path in CRDS.glob("*.yaml")]
    done = kubectl(cluster, "wait", "--for=condition=Established", "--timeout=30s", *names)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def faults(cluster: NativeCluster) -> Iterator[Faults]:
    """The fault verbs; what a test breaks is mended after it."""
    verbs = cluster.faults
    yield verbs
    verbs.restore()


@pytest.fixture
def proxy(faults: Faults) -> ProxyClient:
    """The fault proxy in front of the API server, without any rule."""
    client = faults.proxy()
    client.remove()
    return client


@pytest.fixture
def proxied(proxy: ProxyClient) -> Path:
    """A kubeconfig that leads through the fault proxy."""
    return proxy.kubeconfig


@pytest.fixture
def here(cluster: NativeCluster, faults: Faults) -> Iterator[str]:
    """The name of a namespace of the test's own.

    Nobody waits for its default account here: after an outage of the API server it takes the
    controllers half a minute to come to themselves.
    """
    api = KubeApi(cluster.kubeconfig)
    metadata = {"generateName": "test-", "labels": {"fairlead.dev/test": "true"}}
    name = api.create("/api/v1/namespaces", {"metadata": metadata})["metadata"]["name"]
    yield str(name)
    api.close()
    faults.restore()
    KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{name}")
