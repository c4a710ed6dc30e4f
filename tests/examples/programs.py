"""The examples: how each is to be run, and what it must print.

What a program must print is in ``examples/expected/NAME.txt``, what it must log in
``NAME.log``.  Ids, durations and the like, which differ from run to run, are replaced by
words first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED = EXAMPLES / "expected"

THREADS, PROCESSES = "", "processes:2"


@dataclass(frozen=True)
class Program:
    """How an example is to be run.

    Attributes
    ----------
    workers
        The values of ``FAIRLEAD_WORKERS`` to run it with.
    in_order
        Whether the order of the lines is fixed where its tasks run in threads.
    """

    workers: tuple[str, ...] = (THREADS, PROCESSES)
    in_order: bool = True


PROGRAMS = {
    "async_tasks": Program(),
    "attach": Program(workers=(THREADS,)),  # the group's tasks run in processes anyway
    "batches": Program(in_order=False),
    "control_handler": Program(),
    "images": Program(),
    "inputs": Program(workers=(THREADS,)),
    "job_control": Program(),
    "long_chain": Program(),
    "news": Program(),
    "optional_tasks": Program(),
    "particles": Program(),
    "processing": Program(),
    "recursion": Program(),
    "retries": Program(),
    "sessions_at_once": Program(),
    "squares": Program(),
    "styles": Program(workers=(THREADS, "threads:1", PROCESSES)),
    "versions": Program(),
    "weather": Program(),
}
"""Those whose whole output is compared; the others have a test of their own."""

OTHERS = {"count_identifiers", "quadtree"}

CHANGING = (
    (re.compile(r"(?<![\w.])(?=[a-z]*\d)[a-z0-9]{25}\b"), "<id>"),
    (re.compile(r"\b(\w+)_[0-9a-f]{8}\b"), r"\1_<hex>"),
    (re.compile(r"\b\d+(\.\d+)? (µs|ms|s)\b"), "<time>"),
    (re.compile(re.escape(f"{EXAMPLES}{os.sep}") + r"(\w+\.py):\d+"), r"\1:<line>"),
    (re.compile(r"\bitem=\d+$"), "item=<number>"),
)


@dataclass(frozen=True)
class Printed:
    """What a program has printed and logged, as lines without what changes."""

    out: list[str]
    log: list[str]


def environment(folder: Path, workers: str) -> dict[str, str]:
    return os.environ | {
        "FAIRLEAD_HOME": str(folder / "store"),
        "FAIRLEAD_WORKERS": workers,
        "PYTHONIOENCODING": "utf-8",
    }


def run(name: str, folder: Path, workers: str, *arguments: str) -> Printed:
    """Run an example here, and return what it printed."""
    return run_with(name, folder, environment(folder, workers), *arguments)


def run_with(name: str, folder: Path, env: Mapping[str, str], *arguments: str) -> Printed:
    """Run an example in a folder with an environment, and return what it printed."""
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return Printed(steady(ran.stdout), steady(ran.stderr))


def steady(text: str) -> list[str]:
    """Return the lines of a text, with a word for each thing that changes."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text.splitlines()


def expected(name: str, kind: str) -> list[str]:
    file = EXPECTED / f"{name}.{kind}"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
