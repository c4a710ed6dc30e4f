"""The cluster's fixtures, for the tests of the cluster itself."""

from tests.cluster.fixtures import (
    cluster,
    cluster_turn,
    faults,
    namespace,
    proxy,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
    scale_cluster,
)

__all__ = [
    "cluster",
    "cluster_turn",
    "faults",
    "namespace",
    "proxy",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
    "scale_cluster",
]
