"""Programs that run in processes of their own and share one store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.backends.local import LocalBackend

PROGRAM = Path(__file__).with_name("lending_program.py")

GIVE_UP_AFTER = 60.0
"""Seconds after which something that has not happened is taken never to."""


class Programs:
    """Starts the lending program in its modes, and looks at what came of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = folder / "ledger"
        self._ledger.touch()
        self._environment = {**os.environ, "LEDGER": str(self._ledger)}
        self.backend = LocalBackend()
        self._started: list[subprocess.Popen[bytes]] = []

    def submit(self, task: str, *values: object) -> str:
        """Submit a job of one root task in a program that then ends; return its id."""
        done = subprocess.run(
            [sys.executable, PROGRAM, "submit", task, *map(str, values)],
            env=self._environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def start(self, mode: str, *tasks: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a runner of these tasks, ``all`` or ``forever``."""
        program = subprocess.Popen(
            [sys.executable, PROGRAM, mode, *tasks],
            env={**self._environment, **environment}, cwd=self._folder,
        )  # fmt: skip
        self._started.append(program)
        return program

    def start_offering(self, *tasks: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a runner for ever, and return once others see what it offers."""
        before = len(self.read("SELECT no FROM offer"))
        program = self.start("forever", *tasks, **environment)
        self.until(lambda: len(self.read("SELECT no FROM offer")) > before)
        return program

    def end(self) -> None:
        """Kill what still runs."""
        self.backend.close()
        for program in self._started:
            if program.poll() is None:
                program.send_signal(signal.SIGKILL)
            program.wait()

    # --- looking ------------------------------------------------------------------

    def read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self.backend.store.read(sql, values)

    def go_on(self) -> None:
        """Let tasks that wait for a file go on."""
        (self._folder / "go-on").touch()

    def ran(self) -> dict[str, list[int]]:
        """Return for each task that was begun the processes it was begun in."""
        return self._column(1)

    def parents(self) -> set[int]:
        """Return the parents of the processes in which tasks were begun."""
        return {parent for parents in self._column(2).values() for parent in parents}

    def _column(self, number: int) -> dict[str, list[int]]:
        found = defaultdict(list)
        for line in self._ledger.read_text().splitlines():
            columns = line.split()
            found[columns[0]].append(int(columns[number]))
        return dict(found)

    def until(self, happened: Callable[[], object]) -> None:
        """Return once something has happened."""
        deadline = time.monotonic() + GIVE_UP_AFTER
        while not happened():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.01)


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Programs that are killed after the test if they still run."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()
