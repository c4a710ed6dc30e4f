"""The cluster's fixtures, for the tests of the cluster itself."""

from tests.cluster.fixtures import (
    cluster,
    faults,
    namespace,
    proxy,
    pytest_runtest_makereport,
    scale_cluster,
)

__all__ = [
    "cluster",
    "faults",
    "namespace",
    "proxy",
    "pytest_runtest_makereport",
    "scale_cluster",
]
