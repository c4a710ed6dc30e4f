"""A control plane without nodes for the operator's client, observers and elector.

Behind its fault proxy, which makes of it any server one may meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.fixtures import cannot
from tests.cluster.namespaces import temporary
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.native.faults import Faults
from tests.cluster.provider import choose
from tests.cluster.proxy.client import ProxyClient
from tests.integration.control_plane import defined


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[NativeCluster]:
    """An API server of our own with our definitions: its faults hit nobody else."""
    if choose().provider != "native":
        cannot("only a native cluster has the fault verbs")
    made = NativeCluster("op-io", nodes=0)
    with defined(made):
        yield made


@pytest.fixture
def faults(cluster: NativeCluster) -> Iterator[Faults]:
    """The fault verbs; what a test breaks is mended after it."""
    verbs = cluster.faults
    yield verbs
    verbs.restore()


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
    with temporary(cluster, restricted=False, ready=False) as own:
        yield own.name
        faults.restore()
