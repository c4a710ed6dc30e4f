"""Programs written to a folder, and the command line as a user calls it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.main import main

SQUARES = """
from fairlead import Client, ExecutionContext, Task


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"Square({self.number})"
        return self.number**2


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        context.logger.info("Computed sum of squares", result=sum(self.parts))
        return sum(self.parts)


class SumOfSquares(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext):
        squares = context.submit_subtasks([Square(n) for n in self.numbers])
        return context.submit_subtask(Sum(squares))


if __name__ == "__main__":
    job = Client().jobs().submit("squares", SumOfSquares([12, 345, 453, 21, 45, 98]))
    print(job.wait().result)
"""

FAILING = """
import pathlib
import sys

from fairlead import Client, ExecutionContext, Task


class Enrich(Task):
    mended: str

    def execute(self, context: ExecutionContext) -> str:
        context.logger.warning("looking for tiles", day="2026-11-20")
        print("about to look")
        if not pathlib.Path(self.mended).exists():
            raise ValueError("no tiles for 2026-11-20")
        return "enriched"


class Fetch(Task):
    def execute(self, context: ExecutionContext) -> str:
        return "fetched"


class Nightly(Task):
    mended: str

    def execute(self, context: ExecutionContext) -> None:
        fetched = context.submit_subtask(Fetch())
        context.submit_subtask(Enrich(self.mended), depends_on=[fetched])


if __name__ == "__main__":
    Client().jobs().submit("nightly", Nightly(sys.argv[1])).wait()
"""

WAITING = """
import pathlib
import time

from fairlead import ExecutionContext, Task


class Wait(Task):
    gate: str

    def execute(self, context: ExecutionContext) -> str:
        context.progress("steps").add(2)
        context.progress("steps").done(1)
        print("waiting", flush=True)
        while not pathlib.Path(self.gate).exists():
            time.sleep(0.01)
        return "through"


class Root(Task):
    gate: str

    def execute(self, context: ExecutionContext):
        return context.submit_subtask(Wait(self.gate))
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with programs, in which commands are run."""
    place = tmp_path / "programs"
    place.mkdir()
    for name, text in (("squares", SQUARES), ("failing", FAILING), ("waiting", WAITING)):
        (place / f"{name}.py").write_text(text)
    return place


class Program(subprocess.Popen[str]):
    """A program that does not outlive the block of a test that fails in it."""

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *rest)


@pytest.fixture
def start(folder: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start ``fairlead`` with some arguments, with pipes for all its streams."""

    def call(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        return Program(
            [sys.executable, "-m", "fairlead.cli.main", *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    return call


@pytest.fixture
def fairlead(folder: Path) -> Run:
    """Run ``fairlead`` with some arguments to its end."""

    def call(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", *arguments],
            cwd=folder,
            input=given,
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "100"},
        )

    return call


@pytest.fixture
def python(folder: Path) -> Run:
    """Run a program with Python itself to its end."""

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder, capture_output=True, text=True
        )

    return call


@pytest.fixture
def read() -> Callable[..., Any]:
    """Ask, from this process, with ``-o json``; return the answer, for it must succeed."""

    def call(*arguments: str) -> Any:
        with redirect_stdout(io.StringIO()) as answer:
            code = main([*arguments, "-o", "json"])
        assert code == 0
        return json.loads(answer.getvalue())

    return call
