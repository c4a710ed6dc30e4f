"""Importing the user's programs, once, in the zygote."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pool_bench import Bench

from fairlead.errors import ProgramError


def test_workers_know_what_the_program_has_made(make_bench, tmp_path: Path) -> None:
    program = write(tmp_path, "made = 'in the zygote'\nprint('heard twice')\n")

    bench = make_bench(1, programs=[program], loader="pool_tasks:load", show=False)

    assert bench.value("loaded") == ["in the zygote"]
    bench.run("leave", 1)
    assert bench.value("loaded") == ["in the zygote"]
    assert bench.events.texts == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such"),
        ("def broken(:", "SyntaxError"),
        ("raise ValueError('not today')", "ValueError: not today"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(4)", "exit code 4"),
        ("import os; os.kill(os.getpid(), 9)", "exit code -9"),
    ],
)
def test_a_program_that_cannot_be_imported_is_an_error(
    make_bench, tmp_path: Path, text: str, words: str
) -> None:
    program = write(tmp_path, text)

    with pytest.raises(ProgramError) as caught:
        make_bench(1, programs=[program], loader="pool_tasks:load")

    assert words in str(caught.value)
    assert program in str(caught.value)


def test_the_error_shows_where_the_import_failed(make_bench, tmp_path: Path) -> None:
    program = write(tmp_path, "def inner():\n    raise ValueError\n\n\ninner()\n")

    with pytest.raises(ProgramError) as caught:
        make_bench(1, programs=[program], loader="pool_tasks:load")

    assert "in inner" in caught.value.__notes__[0]


def test_the_workers_see_the_drivers_path_and_arguments(bench: Bench) -> None:
    assert bench.value("path_and_arguments") == [sys.path, sys.argv]


def write(folder: Path, text: str) -> str:
    """Write a program; return its path."""
    path = folder / "program.py"
    path.write_text(text)
    return str(path)
