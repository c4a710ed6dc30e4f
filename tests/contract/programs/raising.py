"""Tasks that end badly."""

from __future__ import annotations

from typing import Any

from fairlead import ExecutionContext, Task


class OwnError(Exception):
    pass


class UnbuildableError(Exception):
    def __init__(self, connection: object) -> None:
        super().__init__(connection)

    def __str__(self) -> str:
        return f"it broke at {self.args[0]}"


class RaiseOwn(Task):
    text: str
    number: int

    def execute(self, context: ExecutionContext) -> None:
        raise OwnError(self.text, self.number)


class RaiseUnbuildable(Task):
    def execute(self, context: ExecutionContext) -> None:
        raise UnbuildableError(object())


class ReturnSet(Task):
    def execute(self, context: ExecutionContext) -> Any:
        return {"connection": object()}
