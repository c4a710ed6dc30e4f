"""What the tests of dashboards and alerts need: promtool, and the numbers that are told."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.cluster.fixtures import cannot
from tests.cluster.prometheus_package import find
from tests.cluster.shell import UnsupportedError

import reference_operator


@pytest.fixture
def promtool_there() -> None:
    """Do without the test where promtool is not there."""
    try:
        find("promtool")
    except UnsupportedError as reason:
        cannot(reason)


@pytest.fixture(scope="session")
def told() -> dict[str, frozenset[str]]:
    """The names of all numbers that an operator tells, with their labels."""
    text = reference_operator.exposition().text().decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return {name: frozenset(labels) for name, labels in found.items()}
