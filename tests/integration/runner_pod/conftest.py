"""Agents as processes of this machine, against a control plane that has no nodes.

The test plays the operator: it makes Tasks, gives them to pods that run nowhere, and starts
for such a pod the agent that would run in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.proxy.client import ProxyClient
from tests.integration.api.actors import Site
from tests.integration.control_plane import defined, fenced
from tests.integration.runner_pod.stand import Stand


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[NativeCluster]:
    """An API server of these tests' own with our definitions."""
    made = NativeCluster("runner", nodes=0)
    with defined(made):
        yield made


@pytest.fixture(scope="session")
def site(cluster: NativeCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A namespace behind the fence."""
    folder = tmp_path_factory.mktemp("tokens")
    with fenced(cluster, "runner", folder, restricted=False) as made:
        yield made


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
