"""Programs written to a folder, and imported without a trace in the other tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from fairlead.runner.program import import_program
from fairlead.sdk.control import set_task_control_handler

Write = Callable[[Mapping[str, str]], Path]
"""Writes files, given by path and text, and returns their folder."""

TASK = """
from fairlead import ExecutionContext, Task


class {name}(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number
"""


def task(name: str) -> str:
    """Return a module that defines one task."""
    return TASK.format(name=name)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(files: Mapping[str, str]) -> Path:
        for path, text in files.items():
            file = tmp_path / "program" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path / "program"

    return written


@pytest.fixture
def import_file(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Import programs; afterwards nothing of them is left in this process."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield lambda path: import_program(str(path)) and None
    set_task_control_handler(None)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if "program" in Path(file).parts:
            del sys.modules[name]
