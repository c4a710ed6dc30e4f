"""Runners' pods on a real cluster, without an operator: what Kubernetes makes of them.

All tests of a module share a namespace under the restricted profile, in which each has pods
of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.namespaces import temporary
from tests.cluster.provider import Cluster
from tests.integration.pods.runners import Runners


@pytest.fixture(scope="module")
def runners(cluster: Cluster) -> Iterator[Runners]:
    """A namespace in which runners are made."""
    with temporary(cluster, "pods") as own:
        yield Runners(own)
