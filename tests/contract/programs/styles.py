"""Tasks of every style, for the tests of what users call."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from fairlead import ExecutionContext, FutureTask, Task
from fairlead.sessions import TaskControl
from fairlead.sessions import task as session_task
from fairlead.workflow import task as workflow_task


class OwnError(Exception):
    """An error that a caller can catch."""


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"Square({self.number})"
        return self.number**2


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        context.logger.info("Computed sum of squares", result=sum(self.parts))
        return sum(self.parts)


class SumOfSquares(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext) -> Any:
        squares = context.submit_subtasks([Square(number) for number in self.numbers])
        return context.submit_subtask(Sum([square.value for square in squares]))


class Raise(Task):
    message: str

    def execute(self, context: ExecutionContext) -> None:
        raise OwnError(self.message, 3)


class LeaveFile(Task):
    text: str

    def execute(self, context: ExecutionContext) -> str:
        (context.files / "out.txt").write_text(self.text)
        context.logger.info("written", text=self.text)
        return self.text


class Peek(Task):
    """Keeps a future, and says what is behind it."""

    behind: FutureTask[int]

    def execute(self, context: ExecutionContext) -> str:
        try:
            return f"result {context.result(self.behind)}"
        except OwnError as error:
            return f"{type(error).__name__} {error.args[0]}"


class PeekAtFailure(Task):
    def execute(self, context: ExecutionContext) -> Any:
        failing = context.submit_subtask(Raise("hidden"), optional=True)
        return context.submit_subtask(Peek(failing))


@workflow_task
def fetch(city: str) -> str:
    return f"Weather for {city}"


@workflow_task
def join(parts: list[str], mark: str = "+") -> str:
    return mark.join(parts)


@workflow_task
def append(path: str, text: str) -> None:
    """Add a line to a file."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


@workflow_task
def break_down(message: str) -> None:
    raise OwnError(message)


@session_task
def double(number: int) -> int:
    return 2 * number


@session_task(max_parallel=3)
def slow_double(number: int) -> int:
    time.sleep(0.02)
    return 2 * number


@session_task
async def later(number: int) -> int:
    await asyncio.sleep(0.001)
    return number + 1


@session_task
def fail(message: str) -> None:
    raise OwnError(message)


@session_task(max_parallel=2)
def until_stopped(tc: TaskControl, reached: str) -> str:
    open(f"{reached}.reached", "w").close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if tc.should_stop:
            return "Cancelled"
        if os.path.exists(reached):
            return "Opened"
        time.sleep(0.002)
    return "Waited too long"


@session_task
def tell(tc: TaskControl) -> str:
    tc.update_progress(40, "nearly half")
    tc.log("half", level="warning", of="it")
    return "told"
