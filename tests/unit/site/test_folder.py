"""The folder that this machine and pods share."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.site import folder


@pytest.fixture
def shared() -> Iterator[Path]:
    try:
        made = folder.make(f"test-{uuid.uuid4().hex[:8]}")
    except OSError as problem:
        pytest.skip(f"no access lists here: {problem}")
    yield made
    folder.remove(made)
    assert not made.exists()


def test_whatever_is_made_in_it_everybody_may_change(shared: Path) -> None:
    previous = os.umask(0o077)
    try:
        inner = shared / "jobs" / "1"
        inner.mkdir(parents=True)
        (inner / "value").write_text("5")
    finally:
        os.umask(previous)
    assert inner.stat().st_mode & 0o777 == 0o777
    assert (inner / "value").stat().st_mode & 0o777 == 0o666


def test_a_folder_of_that_name_is_made_empty(shared: Path) -> None:
    (shared / "left").touch()
    again = folder.make(shared.name.removeprefix("fairlead-"))
    assert again == shared
    assert list(shared.iterdir()) == []
