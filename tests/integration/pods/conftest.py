"""Runners' pods on a real cluster, without an operator: what Kubernetes makes of them.

All tests of a module share a namespace under the restricted profile, in which each has pods
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.fixtures import (
    Namespace,
    _wait_account,
    cluster,
    cluster_turn,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)
from tests.cluster.kubeapi import KubeApi
from tests.cluster.provider import Cluster
from tests.integration.pods.runners import Runners

__all__ = [
    "cluster",
    "cluster_turn",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]


@pytest.fixture(scope="module")
def runners(cluster: Cluster) -> Iterator[Runners]:
    """A namespace in which runners are made."""
    api = KubeApi(cluster.kubeconfig)
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "fairlead.dev/test": "true"}
    body = {"metadata": {"generateName": "pods-", "labels": labels}}
    name = api.create("/api/v1/namespaces", body)["metadata"]["name"]
    try:
        own = Namespace(name, cluster, api)
        _wait_account(own)
        yield Runners(own)
    finally:
        api.close()
        KubeApi(cluster.kubeconfig).delete(f"/api/v1/namespaces/{name}")
