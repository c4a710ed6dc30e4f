"""The whole program is killed again and again; nothing recorded runs again or is lost."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

PROGRAM = Path(__file__).with_name("ledger_flow.py")
KILLS = 50
TASKS = 40 * (48 + 2) + 2
DONE = "state IN ('COMPUTED', 'COMPLETED')"


def test_f00_kill_9_fifty_times_loses_nothing_and_repeats_nothing_recorded(tmp_path: Path) -> None:
    ledger = str(tmp_path / "ledger")
    # So few workers that the job lasts for all kills on any machine.
    own = {"FAIRLEAD_HOME": str(tmp_path), "LEDGER": ledger, "FAIRLEAD_WORKERS": "threads:4"}
    environment = {**os.environ, **own}
    (tmp_path / "ledger").touch()
    subprocess.run(
        [sys.executable, PROGRAM, "submit"], env=environment, check=True, capture_output=True
    )
    dice = random.Random(20261121)
    before: set[str] = set()
    before_executed: Counter[str] = Counter()
    repeated = 0
    for kill in range(KILLS):
        program = subprocess.Popen([sys.executable, PROGRAM, "run"], env=environment)
        if kill % 5:
            # On a slow machine a program that never gets to run would use up the budget
            # that each task has for programs that die under it.
            _until_longer(tmp_path / "ledger", program)
        time.sleep(dice.uniform(0, 0.2))
        program.send_signal(signal.SIGKILL)
        program.wait()
        recorded, executed = _recorded(tmp_path), _executed(tmp_path)
        again = {what for what in before if executed[what] > before_executed[what]}
        assert not again, f"recorded as finished, yet run again after kill {kill}: {again}"
        before, before_executed = recorded, executed
        repeated = sum(executed.values()) - len(executed)
        assert len(recorded) < TASKS, f"the job is over at kill {kill}: nothing is left to kill"
    subprocess.run([sys.executable, PROGRAM, "run"], env=environment, check=True, timeout=120)

    executed = _executed(tmp_path)
    assert not {what for what in before if executed[what] > before_executed[what]}
    job, tasks = _end(tmp_path)
    assert job == "COMPLETED"
    assert tasks == {"COMPLETED": TASKS}
    assert _result(tmp_path) == str(sum(range(40 * 48)))
    assert len(executed) == TASKS
    print(f"{KILLS} kills, {repeated} executions more than tasks, {len(before)} kept to the end")


def _until_longer(ledger: Path, program: subprocess.Popen[bytes]) -> None:
    """Wait until another task has begun, or the program has ended."""
    size = ledger.stat().st_size
    while ledger.stat().st_size == size and program.poll() is None:
        time.sleep(0.002)


def _executed(folder: Path) -> Counter[str]:
    return Counter((folder / "ledger").read_text().splitlines())


def _recorded(folder: Path) -> set[str]:
    """Return what the store has recorded as finished, in the ledger's words."""
    with sqlite3.connect(folder / "store.db") as store:
        rows = store.execute(
            f"SELECT identifier, coalesce(CAST(input AS TEXT) ->> 'number',"
            " CAST(input AS TEXT) ->> 'group', 0) FROM task"
            f" WHERE {DONE}"
        ).fetchall()
    return {f"{identifier.lower()} {number}" for identifier, number in rows}


def _end(folder: Path) -> tuple[str, dict[str, int]]:
    with sqlite3.connect(folder / "store.db") as store:
        state = store.execute("SELECT state FROM job").fetchone()[0]
        return state, dict(store.execute("SELECT state, count(*) FROM task GROUP BY 1"))


def _result(folder: Path) -> str:
    with sqlite3.connect(folder / "store.db") as store:
        row = store.execute(
            "SELECT result FROM task WHERE identifier = 'Total'"
            " AND CAST(input AS TEXT) ->> 'group' = -1"
        ).fetchone()
    return row[0].decode()
