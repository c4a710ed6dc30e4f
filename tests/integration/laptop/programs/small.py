"""Small tasks for many of them."""

from __future__ import annotations

import time
from typing import Any

from fairlead import ExecutionContext, Task
from fairlead.sessions import TaskControl, task


class Nap(Task):
    seconds: float
    number: int = 0

    def execute(self, context: ExecutionContext) -> int:
        if self.seconds:
            time.sleep(self.seconds)
        return self.number


class Add(Task):
    parts: list[int | None]

    def execute(self, context: ExecutionContext) -> int:
        return sum(part or 0 for part in self.parts)


class Spread(Task):
    count: int
    seconds: float = 0.0

    def execute(self, context: ExecutionContext) -> Any:
        naps: Any = context.submit_subtasks([Nap(self.seconds, n) for n in range(self.count)])
        return context.submit_subtask(Add(naps))


@task(max_parallel=4)
def add(one: int, other: int) -> int:
    return one + other


@task
def overdone(tc: TaskControl) -> None:
    tc.update_progress(101)
