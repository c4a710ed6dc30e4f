"""Derived files are what the code says now, and a difference would be found."""

from __future__ import annotations

from pathlib import Path

import generate
import pages


def test_committed_files_are_what_the_code_makes(tmp_path: Path) -> None:
    generate.write_all(tmp_path)
    assert list(generate.differences(generate.ROOT, tmp_path)) == []


def test_a_stale_and_a_missing_file_are_found(tmp_path: Path) -> None:
    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    generate.write_all(fresh)
    generate.write_all(committed)
    stale, missing, *_ = generate.GENERATED
    (committed / stale).write_text("# An older page\n")
    (committed / missing).unlink()
    found = list(generate.differences(committed, fresh))
    assert len(found) == 2
    assert stale in found[0]
    assert "-# An older page" in found[0]
    assert missing in found[1]


def test_the_reference_holds_generated_pages_only() -> None:
    folder = generate.ROOT / "docs" / "reference"
    assert {f"docs/reference/{page.name}" for page in folder.iterdir()} == {
        path for path in generate.GENERATED if path.startswith("docs/reference/")
    }


def test_generated_pages_say_so() -> None:
    for path in generate.GENERATED:
        if path.endswith(".md"):
            assert pages.NOTE in (generate.ROOT / path).read_text()
