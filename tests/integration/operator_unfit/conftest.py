"""An operator that runs, and from which something is taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.fixtures import cannot
from tests.cluster.shell import UnsupportedError
from tests.integration.operator_unfit.kit import Unfit, over_two_namespaces
from tests.site.fixtures import Site, site, site_base

__all__ = ["site", "site_base"]


@pytest.fixture(scope="session")
def unfit_base(site_base: Site) -> Iterator[Unfit]:
    """The folder's site, extended by a namespace; no operator runs yet."""
    try:
        proxy = site_base.cluster.faults.proxy()
    except UnsupportedError as reason:
        cannot(reason)
    proxy.remove()
    with over_two_namespaces(site_base, proxy) as made:
        yield made


@pytest.fixture
def unfit(unfit_base: Unfit, site: Site) -> Iterator[Unfit]:
    """The same, with an operator that is ready and leads; what a test takes is put back."""
    unfit_base.mark()
    yield unfit_base
    unfit_base.proxy.remove()
    unfit_base.put_roles_back()
