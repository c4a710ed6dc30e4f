"""An installed Fairlead, programs, and the command line on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.integration.command_line import Shell
from tests.site.fixtures import Site, site, site_base

__all__ = ["site", "site_base"]

PROGRAM = """
import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"Square({self.number})"
        return self.number**2


class SumOfSquares(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext) -> object:
        squares = context.submit_subtasks([Square(number) for number in self.numbers])
        return context.submit_subtask(Sum(squares))


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        context.logger.info("Computed", result=sum(self.parts))
        (context.files / "sum.txt").write_text(str(sum(self.parts)))
        return sum(self.parts)


class Enrich(Task):
    mended: str

    def execute(self, context: ExecutionContext) -> str:
        print("about to look")
        if not Path(self.mended).exists():
            raise ValueError("no tiles for 2026-11-20")
        return "enriched"


class Nightly(Task):
    mended: str

    def execute(self, context: ExecutionContext) -> object:
        return context.submit_subtask(Enrich(self.mended))


class Wait(Task):
    gate: str

    def execute(self, context: ExecutionContext) -> str:
        context.progress("steps").add(2)
        context.progress("steps").done(1)
        print("waiting", flush=True)
        while not Path(self.gate).exists() and not context.should_stop:
            time.sleep(0.05)
        return "through"


class Waits(Task):
    gate: str

    def execute(self, context: ExecutionContext) -> object:
        waiting = context.submit_subtask(Wait(self.gate))
        return context.submit_subtask(Then(waiting))


class Then(Task):
    came: str

    def execute(self, context: ExecutionContext) -> str:
        return self.came + " and on"
"""


@pytest.fixture
def shell(site: Site, tmp_path: Path) -> Shell:
    """The command line for a site without jobs, with a program of many tasks."""
    site.kubectl("delete", "fljob,flgroup", "--all")
    folder = tmp_path / "programs"
    folder.mkdir()
    own = {"FAIRLEAD_HOME": str(tmp_path / "home"), "COLUMNS": "100"}
    made = Shell(folder, os.environ | site.environment | own)
    made.program("flows.py", PROGRAM)
    return made


def wait_for_state(shell: Shell, job: str, state: str) -> None:
    """Return once a job is in a state."""
    until(
        f"{job} is {state}", lambda: shell.json("jobs", "show", job)["state"] == state, timeout=90
    )


def wait_for_task(shell: Shell, identifier: str, state: str = "RUNNING") -> str:
    """Return the id of the task of an identifier once it is in a state."""

    def found() -> str | None:
        tasks = shell.json("tasks", "list", "--state", state)
        return next((one["id"] for one in tasks if one["identifier"] == identifier), None)

    return str(until(f"{identifier} is {state}", found, timeout=90))
