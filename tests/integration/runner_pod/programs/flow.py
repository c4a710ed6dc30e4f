"""A program for the tests of agents: a script without a guard, as users write them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from fairlead import Client, ExecutionContext, NonRetryableError, Task


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"Square({self.number})"
        context.logger.info("Squared", number=self.number)
        print("printed", self.number)
        return self.number**2


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        return sum(self.parts)


class SumOfSquares(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext):
        squares = context.submit_subtasks([Square(n) for n in self.numbers], max_retries=2)
        return context.submit_subtask(Sum(squares))


class Fail(Task):
    how: str

    def execute(self, context: ExecutionContext) -> None:
        if self.how == "exit":
            sys.exit(3)
        if self.how == "leave":
            os._exit(4)
        if self.how == "never again":
            raise NonRetryableError("no use")
        raise ValueError("no tiles", 7)


class TroubleError(Exception):
    """Leaves a mark once it has been caught and is written down."""

    def __str__(self) -> str:
        Path(os.environ["TEST_FOLDER"], "trouble").touch()
        return "in trouble"


class Wait(Task):
    """Runs until it is asked to stop, or longer."""

    name: str
    obey: bool = True
    fail: bool = False

    def execute(self, context: ExecutionContext) -> str:
        folder = Path(os.environ["TEST_FOLDER"])
        (folder / f"{self.name}.began").write_text(str(os.getpid()))
        while not (self.obey and context.should_stop):
            time.sleep(0.02)
            if context.should_stop:
                (folder / f"{self.name}.told").touch()
            if (folder / f"{self.name}.end").exists():
                if self.fail:
                    raise TroubleError
                return "ended"
        return "stopped"


print(Client().jobs().submit("flow", SumOfSquares([1, 2])).wait().result)
