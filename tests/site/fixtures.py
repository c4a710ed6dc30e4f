"""pytest fixtures: Fairlead installed for a folder of tests, its operator running.

A ``conftest.py`` imports ``site`` and ``site_base``, so that its folder has a site of its own.
When a test that uses ``site`` fails, what the site has to say is printed with it, as it was
before anything was cleared away.
"""

from collections.abc import Iterator

import pytest
from tests.cluster.fixtures import TOLD, cannot
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site.setup import make_site, remove_site
from tests.site.site import Site

_sites: list[Site] = []
"""All sites of this process: each folder of tests makes one, which stays until the end."""


@pytest.fixture(scope="session")
def site_base(cluster: Cluster) -> Iterator[Site]:
    """Fairlead installed over a namespace of the folder's own; no operator runs yet."""
    try:
        made = make_site(cluster)
    except UnsupportedError as reason:
        cannot(reason)
    _sites.append(made)
    try:
        yield made
    finally:
        _sites.remove(made)
        remove_site(made)


@pytest.fixture
def site(site_base: Site, request: pytest.FixtureRequest) -> Site:
    """The folder's site, with its operator running whatever the last test did to it."""
    request.node.stash[TOLD] = (f"site {site_base.namespace}", site_base.report)
    for other in _sites:
        if other is not site_base:
            other.operator.stop()
    site_base.operator.start()
    site_base.operator.resume()
    return site_base
