"""What is remembered of the host's folders, and which mounts are found."""

from pathlib import Path

import pytest
from tests.cluster.native import lifecycle, node
from tests.cluster.native.layout import Layout


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of running clusters; empty."""
    monkeypatch.setenv("FAIRLEAD_CLUSTER_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def written(name: str, slot: int) -> Layout:
    """A cluster of which there are only files."""
    layout = Layout(name, slot)
    layout.folder.mkdir(parents=True)
    layout.save()
    return layout


def test_the_last_cluster_removes_the_folders_that_the_first_has_made(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered = (tmp_path / "a", tmp_path / "b", tmp_path / "there")
    covered[2].mkdir()
    monkeypatch.setattr(node, "COVERED", covered)
    first, last = written("first", 0), written("last", 1)
    for layout in (first, last):
        lifecycle._make_covered(layout)
    assert all(folder.is_dir() for folder in covered)

    lifecycle._remove_files(first.folder)
    assert all(folder.is_dir() for folder in covered)

    lifecycle._remove_files(last.folder)
    assert [folder.is_dir() for folder in covered] == [False, False, True]
    assert not state.exists()
