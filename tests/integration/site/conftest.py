"""Fairlead installed in a cluster, for the tests of the installation itself."""

from tests.site.fixtures import (
    cluster,
    cluster_turn,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
    site,
    site_after,
    site_base,
)

__all__ = [
    "cluster",
    "cluster_turn",
    "namespace",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
    "site",
    "site_after",
    "site_base",
]
