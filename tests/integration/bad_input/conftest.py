"""An installed Fairlead that is given bad objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.bad_input.undisturbed import mistakes, prepare, wait_quiet
from tests.site.fixtures import Site, site, site_base

__all__ = ["site", "site_base"]


@pytest.fixture
def undisturbed(site: Site) -> Iterator[None]:
    """After a test the same operator still runs, is quiet, and a good job comes to its end."""
    prepare(site)
    yield
    # Nobody starts it again.
    assert site.operator.process is not None, "the operator has ended"
    wait_quiet(site)
    assert mistakes(site) == []
