"""An installed Fairlead that is given bad objects."""

from __future__ import annotations

from tests.cluster.fixtures import (
    cluster,
    cluster_turn,
    faults,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)
from tests.site.fixtures import site, site_after, site_base

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
