"""pytest fixtures: Fairlead installed for a folder of tests, its operator running.

A ``conftest.py`` imports the names in ``__all__``, which include those of the cluster.
When a test that uses ``site`` fails, what the site has to say is printed with it, as it was
before anything was cleared away.
"""

from collections.abc import Generator, Iterator

import pytest
from tests.cluster.fixtures import (
    cannot,
    cluster,
    cluster_turn,
    faults,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
)
from tests.cluster.fixtures import pytest_runtest_makereport as _note_failure
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

USED = pytest.StashKey[Site]()
"""The site that a test uses."""

_sites: list[Site] = []
"""All sites of this process: each folder of tests makes one, which stays until the end."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failed test's report show its site, before its fixtures clear anything away."""
    report = yield from _note_failure(item, call)
    used = item.stash.get(USED, None)
    if used is not None and report.failed and report.when in ("setup", "call"):
        report.sections.append((f"site {used.namespace}", used.report()))
    return report


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
def site(site_base: Site, site_after: None) -> Site:
    """The folder's site, with its operator running whatever the last test did to it."""
    for other in _sites:
        if other is not site_base:
            other.operator.stop()
    site_base.operator.start()
    site_base.operator.resume()
    return site_base


@pytest.fixture
def site_after(site_base: Site, request: pytest.FixtureRequest) -> None:
    """Have the site looked at if the test fails."""
    request.node.stash[USED] = site_base
