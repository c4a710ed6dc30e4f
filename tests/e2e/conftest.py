"""The cluster's fixtures, for programs that install Fairlead themselves."""

from tests.cluster.fixtures import (
    cluster,
    cluster_turn,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)

__all__ = [
    "cluster",
    "cluster_turn",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]
