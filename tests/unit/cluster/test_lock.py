"""One command at a time, wherever the folder is that it works on."""

from pathlib import Path

import pytest
from tests.cluster import lock
from tests.cluster.lock import locked
from tests.cluster.shell import ClusterError


@pytest.fixture(params=["linux", "darwin"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A system; one without locks in the kernel keeps its files in the test's own folder."""
    monkeypatch.setattr(lock.sys, "platform", request.param)
    monkeypatch.setattr(lock.tempfile, "tempdir", str(tmp_path))
    return str(request.param)


def test_a_second_holder_waits_and_is_told(system: str, tmp_path: Path) -> None:
    with (
        locked(tmp_path, 5),
        pytest.raises(ClusterError, match="for too long"),
        locked(tmp_path, 0.05),
    ):
        pass

    with locked(tmp_path, 0):
        pass


def test_different_things_are_locked_apart(system: str, tmp_path: Path) -> None:
    with locked(tmp_path / "one", 0), locked(tmp_path / "two", 0):
        pass


def test_a_long_path_is_no_hindrance(system: str, tmp_path: Path) -> None:
    with locked(tmp_path / ("deep/" * 60), 0):
        pass
