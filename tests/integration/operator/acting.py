"""A program whose tasks do what the operator's tests want to see."""

import os
import time
from pathlib import Path

from fairlead import ExecutionContext, NonRetryableError, Task


class Act(Task):
    """Does as it is told, and tells which attempt it is by a file for each execution."""

    what: str = "return"
    gate: str = ""
    times: int = 1_000_000
    children: int = 0
    size: int = 0

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "operator.example/Act", "v1.3"

    def execute(self, context: ExecutionContext) -> object:
        executions = self._count()
        if self.what in ("wait", "hold"):
            self._wait(context)
        elif self.what != "return" and executions <= self.times:
            self._misbehave()
        made = [Act(gate=self.gate and f"{self.gate}.{n}") for n in range(self.children)]
        if self.size:
            return "x" * self.size
        return context.submit_subtask(Total(context.submit_subtasks(made))) if made else executions

    def _count(self) -> int:
        """Note that it runs, and return how often it has by now."""
        if not self.gate:
            return 1
        marks = Path(self.gate + ".marks")
        marks.mkdir(exist_ok=True)
        (marks / f"{time.time_ns()}").touch()
        return len(list(marks.iterdir()))

    def _wait(self, context: ExecutionContext) -> None:
        stubborn = self.what == "hold"
        while not Path(self.gate).exists() and (stubborn or not context.should_stop):
            time.sleep(0.02)

    def _misbehave(self) -> None:
        if self.what == "raise":
            raise ValueError(f"told to, by {self.what}")
        if self.what == "give up":
            raise NonRetryableError("it is no use")
        if self.what == "exit":
            os._exit(3)
        if self.what == "fill memory":
            filled = []
            while True:
                filled.append(bytearray(16 * 1024 * 1024))
        raise AssertionError(self.what)


class Total(Task):
    """The sum of what others returned."""

    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        return sum(self.parts)
