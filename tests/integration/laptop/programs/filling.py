"""Tasks with large results."""

from __future__ import annotations

from fairlead import ExecutionContext, Task


class Large(Task):
    size: int

    def execute(self, context: ExecutionContext) -> str:
        return "x" * self.size


class Fill(Task):
    count: int
    size: int

    def execute(self, context: ExecutionContext) -> None:
        last = []
        for _ in range(self.count):
            last = [context.submit_subtask(Large(self.size), depends_on=last)]
