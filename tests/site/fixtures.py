"""pytest fixtures: Fairlead installed for a session, its operator running.

A ``conftest.py`` imports the names in ``__all__``, which include those of the cluster.
When a test that uses ``site`` fails, what the site has to say is printed with it.
"""

import shutil
from collections.abc import Iterator

import pytest
from tests.cluster.fixtures import (
    FAILED,
    cannot,
    cluster,
    cluster_turn,
    faults,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site.setup import make_site, remove_site
from tests.site.site import Site

__all__ = [
    "Site",
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


@pytest.fixture(scope="session")
def site_base(cluster: Cluster) -> Iterator[Site]:
    """Fairlead installed over a namespace of the session's own; no operator runs yet."""
    try:
        made = make_site(cluster)
    except UnsupportedError as reason:
        cannot(reason)
    try:
        yield made
    finally:
        remove_site(made)


@pytest.fixture
def site(site_base: Site, site_after: None) -> Site:
    """The session's site, with its operator running whatever the last test did to it."""
    site_base.operator.start()
    site_base.operator.resume()
    return site_base


@pytest.fixture
def site_after(site_base: Site, request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what there is to know about the site where the test failed."""
    yield
    if request.node.stash.get(FAILED, False):
        width = shutil.get_terminal_size().columns
        print(f"{' site ' + site_base.namespace + ' ':-^{width}}\n{site_base.report()}")
