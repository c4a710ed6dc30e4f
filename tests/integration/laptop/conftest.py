"""Programs that run beside the test, on the same store."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fairlead import Client

PROGRAMS = Path(__file__).with_name("programs")
ROOT = str(Path(__file__).parents[3])

# Worker processes import this folder's programs by name.
sys.path.insert(0, ROOT)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a program of this folder.

    Whatever still runs is killed after the test, and says first what each of its threads
    is about: pytest shows that where the test has failed.
    """
    started: list[subprocess.Popen[str]] = []

    def call(name: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, PROGRAMS / f"{name}.py", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONFAULTHANDLER": "1", **environment},
        )
        started.append(program)
        return program

    yield call
    for program in started:
        if program.poll() is None:
            resource.prlimit(program.pid, resource.RLIMIT_CORE, (0, 0))
            program.send_signal(signal.SIGABRT)
            with suppress(subprocess.TimeoutExpired):
                print(program.communicate(timeout=30)[1])
        program.kill()
        program.communicate()


@pytest.fixture
def fairlead() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line to its end."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "COLUMNS": "200", **environment},
        )

    return call


@pytest.fixture
def client() -> Iterator[Client]:
    """Return a client whose workers end with the test."""
    client = Client("local")
    yield client
    backend: Any = client.backend
    backend.close()


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not happened in time"
        time.sleep(0.005)


def states(job: Any) -> list[str]:
    """Return the states of a job's tasks, in order of creation."""
    return [task.state.value for task in job.tasks()]
