"""An image's tag stands for what the image is made from."""

import tarfile
from pathlib import Path

import pytest
from tests.cluster import images
from tests.cluster.images import Recipe


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of files that go into an image."""
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.py").write_text("a = 1\n")
    (tmp_path / "Containerfile").write_text("ARG BASE\nFROM ${BASE}\n")
    return folder


def name_of(source: Path, base: str = "debian:12") -> str:
    """The name, with its tag, of an image made from a folder."""
    recipe = Recipe("one", source.parent / "Containerfile", {"src": source}, base)
    return recipe.image.name


def test_equal_sources_give_equal_tags(source: Path) -> None:
    first = name_of(source)
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_bytes(b"whatever")

    assert name_of(source) == first
    assert first.startswith("localhost/fairlead/one:")


def test_another_base_gives_another_tag(source: Path) -> None:
    assert name_of(source) != name_of(source, "debian:13")


def test_another_content_gives_another_tag(source: Path) -> None:
    before = name_of(source)
    (source / "inner" / "a.py").write_text("a = 2\n")

    assert name_of(source) != before


def test_another_place_of_a_file_gives_another_tag(source: Path) -> None:
    before = name_of(source)
    (source / "inner").rename(source / "outer")

    assert name_of(source) != before


def test_another_containerfile_gives_another_tag(source: Path) -> None:
    before = name_of(source)
    (source.parent / "Containerfile").write_text("ARG BASE\nFROM ${BASE}\nUSER 1:1\n")

    assert name_of(source) != before


def test_what_a_cautious_user_has_built_is_readable_by_whoever_runs_it(source: Path) -> None:
    program, text = source / "inner" / "run", source / "inner" / "a.py"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    text.chmod(0o600)
    source.chmod(0o700)

    images._let_all_read(source.parent)

    modes = [path.stat().st_mode & 0o777 for path in (source, program, text)]
    assert modes == [0o755, 0o755, 0o644]


@pytest.mark.parametrize(
    ("member", "kind"), [("manifest.json", "docker-archive"), ("oci-layout", "oci-archive")]
)
def test_an_archive_of_either_kind_can_be_built_on(tmp_path: Path, member: str, kind: str) -> None:
    """A cache may hold archives that an earlier version has written."""
    (tmp_path / member).write_text("{}")
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as made:
        made.add(tmp_path / member, member)
    assert images.kept_as(archive) == f"{kind}:{archive}"
