"""The program is killed while it does something else than run threads; the store stays whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("busy_flow.py")
KILLS = 10
FINAL_TASKS = ("COMPLETED", "FAILED", "FAILED_OPTIONAL", "SKIPPED", "CANCELLED")


class Flow:
    """Runs the program in its modes, on one store."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.folder = folder
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self._dice = dice
        self._environment = {**os.environ, "FAIRLEAD_HOME": str(folder), "LEDGER": str(self.ledger)}

    def start(self, mode: str, **environment: str) -> subprocess.Popen[str]:
        """Start the program in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, PROGRAM, mode],
            env={**self._environment, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, mode: str, **environment: str) -> str:
        """Run the program to its end."""
        program = self.start(mode, **environment)
        output, _ = program.communicate(timeout=120)
        assert program.returncode == 0
        return output

    def kill_after_it_has_begun(self, mode: str, most: float, **environment: str) -> None:
        """Kill the program at a random moment after it has said that it is ready."""
        program = self.start(mode, **environment)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        time.sleep(self._dice.uniform(0.0, most))
        program.send_signal(signal.SIGKILL)
        program.communicate()

    def executed(self) -> Counter[str]:
        """Return how often each leaf was executed."""
        return Counter(self.ledger.read_text().split())

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the store's file."""
        with sqlite3.connect(self.folder / "store.db") as store:
            rows: list[tuple[object, ...]] = store.execute(sql).fetchall()
        assert rows is not None
        return rows


@pytest.fixture
def flow(tmp_path: Path) -> Iterator[Flow]:
    flow = Flow(tmp_path, random.Random(20261121))
    yield flow
    assert flow.query("PRAGMA integrity_check") == [("ok",)]


def test_killed_while_worker_processes_run(flow: Flow) -> None:
    """The workers die with it, and no outcome is lost or doubled."""
    flow.run("submit")
    recorded: set[object] = set()
    before: Counter[str] = Counter()
    for _ in range(KILLS):
        flow.kill_after_it_has_begun("run", 0.3, FAIRLEAD_WORKERS="processes:2")
        executed = flow.executed()
        again = {one for one in recorded if executed[str(one)] > before[str(one)]}
        assert not again, "recorded as finished, yet run again"
        recorded, before = _finished(flow), flow.executed()
    flow.run("run", FAIRLEAD_WORKERS="processes:2")

    executed = flow.executed()
    assert not {one for one in recorded if executed[str(one)] > before[str(one)]}
    assert flow.query("SELECT state FROM job") == [("COMPLETED",)]
    assert len(executed) == 400
    assert _finished(flow) == {str(number) for number in range(400)}


def test_killed_while_it_submits(flow: Flow) -> None:
    """A job is there with all its tasks, or not at all."""
    for _ in range(KILLS):
        flow.kill_after_it_has_begun("submit many", 0.15)
    [(jobs,)] = flow.query("SELECT count(*) FROM job")
    sizes = flow.query("SELECT no >> 32, count(*) FROM task GROUP BY 1")
    assert len(sizes) == jobs
    assert {count for _, count in sizes} == {20}
    assert flow.query("SELECT DISTINCT tasks FROM job") == [(20,)]
    flow.run("run")
    assert flow.query("SELECT DISTINCT state FROM job") == [("COMPLETED",)]


def test_killed_while_it_cancels_and_retries(flow: Flow) -> None:
    """Each job is in one of its runs, whole; in the end all can be run to their ends."""
    flow.run("submit")
    for _ in range(KILLS):
        flow.kill_after_it_has_begun("cancel and retry", 0.2)
    flow.run("run")
    [(state,)] = flow.query("SELECT state FROM job")
    if state != "COMPLETED":  # the last thing that it did was to cancel
        assert state == "CANCELLED"
        flow.run("retry")
        flow.run("run")

    assert flow.query("SELECT state FROM job") == [("COMPLETED",)]
    newest = flow.query("SELECT node, count(*) FROM task WHERE NOT superseded GROUP BY node")
    assert {count for _, count in newest} == {1}
    assert flow.query("SELECT DISTINCT state FROM task WHERE NOT superseded") == [("COMPLETED",)]
    assert not flow.query(f"SELECT 1 FROM task WHERE state NOT IN {FINAL_TASKS}")
    assert _finished(flow) == {str(number) for number in range(400)}
    assert flow.query("SELECT * FROM request") == []


def test_killed_in_the_middle_of_sessions(flow: Flow) -> None:
    """Whoever looks next closes them; what was queued is cancelled, what is done stays."""
    for _ in range(KILLS):
        flow.kill_after_it_has_begun("sessions", 0.2)
    flow.run("run")

    assert flow.query("SELECT DISTINCT state, closed FROM job") == [("COMPLETED", 1)]
    states = {state for (state,) in flow.query("SELECT DISTINCT state FROM task")}
    assert states <= {"COMPLETED", "CANCELLED"}


def _finished(flow: Flow) -> set[object]:
    """Return the numbers of the leaves that are recorded as finished."""
    rows = flow.query(
        "SELECT CAST(input AS TEXT) ->> 'number' FROM task WHERE identifier = 'Leaf'"
        " AND state = 'COMPLETED'"
    )
    return {str(number) for (number,) in rows}
