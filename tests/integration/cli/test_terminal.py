"""What a terminal shows: bars while it runs, colours, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import pty

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def on_a_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run ``fairlead`` on a terminal of its own; return its exit code and what that showed."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ.update(TERM="xterm", COLUMNS="100", LINES="30")
        os.execv(sys.executable, [sys.executable, "-m", "fairlead.cli.main", *arguments])
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), shown.decode()


SLOW = """
import time

from fairlead import ExecutionContext, Task


class Slow(Task):
    def execute(self, context: ExecutionContext) -> str:
        for step in range(10):
            time.sleep(0.1)
            print("step", step)
            context.logger.info("stepped", step=step)
        return "arrived"
"""


def test_a_run_draws_bars_and_what_tasks_say_stays_above_them(folder: Path, fairlead: Run) -> None:
    (folder / "slow.py").write_text(SLOW)
    code, shown = on_a_terminal(folder, "run", "slow.py")
    assert code == 0
    assert "━" in shown
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r", "\n").splitlines()
    assert [line for line in lines if line.startswith("step ")] == [f"step {n}" for n in range(10)]
    said = [line for line in lines if line.startswith("stepped")]
    assert said == [f"stepped step={n}" for n in range(10)]
    assert any(line.startswith("Slow  RUNNING") for line in lines)
    logs = [json.loads(line) for line in fairlead("logs", "Slow", "-o", "json").stdout.splitlines()]
    kept = [(record["level"], record["message"]) for record in logs]
    assert kept == [
        entry for n in range(10) for entry in [("stdout", f"step {n}"), ("info", "stepped")]
    ]
    assert [line for line in lines if line][-1] == "arrived"


def test_states_are_coloured_unless_no_colour_is_wanted(
    folder: Path, python: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert python("squares.py").returncode == 0
    assert "\x1b[32mCOMPLETED\x1b[0m" in on_a_terminal(folder, "jobs", "list")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal(folder, "jobs", "list")[1]
