"""Fairlead installed in a cluster whose parts the tests break."""

from collections.abc import Iterator

import pytest
from tests.cluster.kubeapi import until
from tests.cluster.kubectl import apply_all, delete_all
from tests.faults.cluster.flow import Flow, size_of_both_nodes
from tests.site.fixtures import site, site_base
from tests.site.site import Site

__all__ = ["site", "site_base"]


@pytest.fixture(scope="module")
def size(site_base: Site) -> Iterator[str]:
    """A machine size whose runners go to whichever node there is."""
    made = size_of_both_nodes(f"both-{site_base.namespace}")
    apply_all(site_base.cluster, [made])
    yield made["metadata"]["name"]
    delete_all(site_base.cluster, [made])


@pytest.fixture
def flow(site: Site, size: str) -> Iterator[Flow]:
    """A job of 201 tasks with a ledger of its own; not submitted yet."""
    made = Flow.make(site, size)
    yield made
    site.api.delete(site.path("jobs", made.name))
    # Nothing that belonged to the job outlives it.
    site.wait_no_pods(made.name)
    until("its tasks are gone", lambda: not site.tasks(made.name), timeout=60)
