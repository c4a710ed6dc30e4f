"""A site for the tests of what programs on this machine ask of a cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.onsite import swept
from tests.site.fixtures import Site, site, site_base

from fairlead import Client
from fairlead.backends.kubernetes.backend import KubernetesBackend

__all__ = ["site", "site_base"]


@pytest.fixture
def client(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of the site, whose namespace is clean before and after."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    made = KubernetesBackend()
    with swept(site):
        yield Client(made)
        made.close()
