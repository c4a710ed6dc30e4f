"""A job of 201 tasks that notes each execution in a folder outside the cluster."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from fairlead import ExecutionContext, Task

BRANCHES, LEAVES = 20, 9
SECONDS = 0.4


class Leaf(Task):
    ledger: str
    number: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "faults.example/Leaf", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        note(self.ledger, f"leaf {self.number}", "began")
        time.sleep(SECONDS)
        note(self.ledger, f"leaf {self.number}", "ended")
        return self.number


class Branch(Task):
    ledger: str
    number: int
    size: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "faults.example/Branch", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        note(self.ledger, f"branch {self.number}", "began")
        first = self.number * LEAVES
        leaves = [Leaf(self.ledger, first + place) for place in range(LEAVES)]
        context.submit_subtasks(leaves, machine_size=self.size)
        note(self.ledger, f"branch {self.number}", "ended")
        return self.number


class Root(Task):
    ledger: str
    size: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "faults.example/Root", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        note(self.ledger, "root 0", "began")
        branches = [Branch(self.ledger, number, self.size) for number in range(BRANCHES)]
        context.submit_subtasks(branches, machine_size=self.size)
        note(self.ledger, "root 0", "ended")
        return BRANCHES


def note(ledger: str, task: str, what: str) -> None:
    """Append a line to this pod's own page: no two writers share one."""
    pod = os.environ.get("FAIRLEAD_POD_NAME") or os.uname().nodename
    line = json.dumps({"task": task, "what": what, "pod": pod, "time": time.time()})
    with Path(ledger, f"{pod}.jsonl").open("a", encoding="utf-8") as page:
        page.write(line + "\n")
