"""Tasks that submit tasks of their own kind."""

from __future__ import annotations

from typing import Any

from fairlead import ExecutionContext, Task


class Add(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        return sum(self.parts)


class Fibonacci(Task):
    number: int

    def execute(self, context: ExecutionContext) -> Any:
        if self.number < 2:
            return self.number
        smaller: Any = context.submit_subtasks(
            [Fibonacci(self.number - 1), Fibonacci(self.number - 2)]
        )
        return context.submit_subtask(Add(smaller))


class Endless(Task):
    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(Endless())


class Wide(Task):
    count: int

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtasks([Add([number]) for number in range(self.count)])
