"""A control plane without nodes for the tests of the custom resources and their fence.

Nothing runs here: pods stay pending, and tokens are bound to them all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.kubeapi import KubeApi
from tests.cluster.namespaces import Namespace
from tests.cluster.native.cluster import NativeCluster
from tests.cluster.provider import Cluster, choose
from tests.integration.api.actors import Site
from tests.integration.control_plane import defined, fenced


@pytest.fixture(scope="session")
def cluster(cluster_turn: None) -> Iterator[Cluster]:
    """An API server with our definitions: an own one where it can be had in seconds."""
    chosen = choose()
    made = NativeCluster("api", nodes=0) if chosen.provider == "native" else chosen
    with defined(made):
        yield made


@pytest.fixture
def admin(namespace: Namespace) -> KubeApi:
    """A client that may do everything."""
    return namespace.api


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A namespace behind the fence, shared by the tests of a module."""
    with fenced(cluster, "fence", tmp_path_factory.mktemp("tokens")) as made:
        yield made
