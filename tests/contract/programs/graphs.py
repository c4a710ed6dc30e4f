"""Tasks that submit graphs of subtasks."""

from __future__ import annotations

from typing import Any

from fairlead import ExecutionContext, FutureTask, Task

from .steps import A, B, C, D


class Diamond(Task):
    def execute(self, context: ExecutionContext) -> None:
        a = context.submit_subtask(A())
        sides = [context.submit_subtask(side, [a]) for side in (B(), C())]
        context.submit_subtask(D(), depends_on=sides)


class Chain(Task):
    length: int

    def execute(self, context: ExecutionContext) -> None:
        last: list[FutureTask[Any]] = []
        for _ in range(self.length):
            last = [context.submit_subtask(A(), depends_on=last)]


class DependsOn(Task):
    what: str

    def execute(self, context: ExecutionContext) -> None:
        context.submit_subtask(A())
        wrong: Any = {
            "a text": ["a"],
            "another's future": [FutureTask("d1vku67ho2zbvaxyxysve3z43")],
            "no future": [None],
        }[self.what]
        context.submit_subtask(B(), depends_on=wrong)


class Joined(Task):
    one: FutureTask[str]
    other: FutureTask[str]

    def execute(self, context: ExecutionContext) -> Any:
        both = [context.result(self.one), context.result(self.other)]
        # They have ended, so this waits for nothing, and is no dependency on a stranger.
        return context.submit_subtask(A({"returns": " and ".join(both)}), [self.one, self.other])


class Exchange(Task):
    def execute(self, context: ExecutionContext) -> Any:
        one = context.submit_subtask(A({"returns": "A"}))
        other = context.submit_subtask(B({"returns": "B"}))
        return context.submit_subtask(Joined(one, other))


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number**2


class Fetch(Task):
    count: int

    def execute(self, context: ExecutionContext) -> Any:
        return context.submit_subtasks([Square(number) for number in range(self.count)])
