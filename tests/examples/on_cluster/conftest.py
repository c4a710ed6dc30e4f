"""An installed Fairlead for the examples to run on."""

from tests.site.fixtures import (
    cluster,
    cluster_turn,
    faults,
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
    "faults",
    "namespace",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
    "site",
    "site_after",
    "site_base",
]
