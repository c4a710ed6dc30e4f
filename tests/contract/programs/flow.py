"""Tasks that hand results to each other."""

from __future__ import annotations

from typing import Any

from fairlead import ExecutionContext, FutureTask, Task


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number**2


class Collect(Task):
    parts: list[Any]

    def execute(self, context: ExecutionContext) -> list[Any]:
        return self.parts


class Sum(Collect):
    def execute(self, context: ExecutionContext) -> Any:
        return sum(self.parts)


class Forward(Task):
    depth: int

    def execute(self, context: ExecutionContext) -> Any:
        if self.depth == 0:
            return "from below"
        return context.submit_subtask(Forward(self.depth - 1))


class Total(Task):
    count: int

    def execute(self, context: ExecutionContext) -> Any:
        squares = context.submit_subtasks([Square(number) for number in range(self.count)])
        collected = context.submit_subtask(Collect(squares))
        return context.submit_subtask(Sum(collected))


class Echo(Task):
    value: Any

    def execute(self, context: ExecutionContext) -> Any:
        return self.value


class Nested(Task):
    def execute(self, context: ExecutionContext) -> Any:
        one, two, three, four = context.submit_subtasks([Square(n) for n in (1, 2, 3, 4)])
        given = context.submit_subtask(Echo({"a": [one, {"b": two}], "c": three}))
        return {"given": given, "returned": [four]}


class Fails(Task):
    def execute(self, context: ExecutionContext) -> int:
        raise ValueError("no luck")


class Seven(Task):
    def execute(self, context: ExecutionContext) -> int:
        return 7


class Perhaps(Task):
    number: int | None

    def execute(self, context: ExecutionContext) -> str:
        return f"got {self.number}"


class Given(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number


class OptionalValue(Task):
    def execute(self, context: ExecutionContext) -> Any:
        lost = context.submit_subtask(Fails(), optional=True)
        return context.submit_subtask(Perhaps(lost.value))


class RiskyField(Task):
    def execute(self, context: ExecutionContext) -> Any:
        lost = context.submit_subtask(Fails(), optional=True)
        return context.submit_subtask(Given(lost.value))


class Loses(Task):
    """Ends well, but its result is that of a subtask which fails under an optional root."""

    def execute(self, context: ExecutionContext) -> Any:
        return context.submit_subtask(Fails(), optional=True)


class LateLoss(Task):
    def execute(self, context: ExecutionContext) -> Any:
        lost: Any = context.submit_subtask(Loses())
        context.submit_subtask(Given(lost), max_retries=3)


class Listens(Task):
    heard: FutureTask[int]

    def execute(self, context: ExecutionContext) -> str:
        try:
            return f"result {context.result(self.heard)}"
        except ValueError as error:
            return f"ValueError: {error}"


class Keeps(Task):
    fails: bool

    def execute(self, context: ExecutionContext) -> Any:
        source = Fails() if self.fails else Seven()
        return context.submit_subtask(Listens(context.submit_subtask(source, optional=True)))


class Asks(Task):
    def execute(self, context: ExecutionContext) -> int:
        return context.result(context.submit_subtask(Seven()))


class Text(Task):
    def execute(self, context: ExecutionContext) -> str:
        return "seven"


class WrongType(Task):
    def execute(self, context: ExecutionContext) -> None:
        text: Any = context.submit_subtask(Text())
        context.submit_subtask(Given(text), max_retries=3, backoff=0.0)
