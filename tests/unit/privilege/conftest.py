"""The checkers, and the chart as helm renders it from several values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cluster import checkers
from tests.cluster.fixtures import cannot
from tests.cluster.shell import UnsupportedError
from tests.unit.chart.rendering import EVERYTHING, SOME, text, with_values

OUTSIDE = {"store": {"url": "s3://bucket/folder", "secret": "credentials"}}
VALUES = {
    "plain": {},
    "everything": EVERYTHING,
    "some-namespaces": with_values(EVERYTHING, SOME, {"rbac": {"aggregate": False}}),
    "other-store": with_values(OUTSIDE, {"operator": {"replicas": 2}}),
}
"""What the chart is judged with."""


@pytest.fixture(scope="session")
def checker() -> Callable[[str], Path]:
    """Find a checker; skip the test where it is not there, or fail it in CI."""

    def find(name: str) -> Path:
        try:
            return checkers.find(name)
        except UnsupportedError as reason:
            cannot(reason)

    return find


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The chart's objects, one file for each of the values."""
    folder = tmp_path_factory.mktemp("rendered")
    files = [folder / f"{name}.yaml" for name in VALUES]
    for file in files:
        file.write_text(text(VALUES[file.stem]))
    return files
