"""The cluster's fixtures, for the tests of the cluster itself."""

from tests.cluster.fixtures import cluster, faults, namespace, pytest_runtest_makereport

__all__ = ["cluster", "faults", "namespace", "pytest_runtest_makereport"]
