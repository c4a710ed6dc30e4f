"""What is remembered of the host's folders, and which mounts are found."""

from pathlib import Path

import pytest
from tests.cluster.native import lifecycle, node
from tests.cluster.native.layout import Layout
from tests.cluster.shell import UnsupportedError


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

    lifecycle._remove_files(first.folder, in_use=True)
    assert all(folder.is_dir() for folder in covered)

    lifecycle._remove_files(last.folder, in_use=False)
    assert [folder.is_dir() for folder in covered] == [False, False, True]
    assert not state.exists()


def test_folders_that_a_cluster_of_another_cache_uses_stay(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "COVERED", (tmp_path / "a",))
    layout = written("only", 0)
    lifecycle._make_covered(layout)

    lifecycle._remove_files(layout.folder, in_use=True)

    assert (tmp_path / "a").is_dir()
    assert not layout.folder.exists()


def test_a_mount_in_a_folder_with_spaces_is_known_by_its_name() -> None:
    assert lifecycle._unescaped(r"/my\040folder\134x/run") == r"/my folder\x/run"


def test_a_folder_too_deep_for_sockets_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"too long.*FAIRLEAD_CLUSTER_STATE"):
        lifecycle.check_folder(tmp_path / ("deep/" * 20))


def test_a_folder_on_an_overlay_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = tmp_path / "stat"
    stat.write_text("#!/bin/sh\necho overlayfs\n")
    stat.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(UnsupportedError, match=r"overlay.*FAIRLEAD_CLUSTER_STATE"):
        lifecycle.check_folder(Path("/run/clusters"))
