"""Tasks that submit jobs of their own and wait for them."""

from __future__ import annotations

from typing import Any

from fairlead import Client, ExecutionContext, Task
from fairlead.sessions import Session
from fairlead.sessions import task as session_task

from .steps import A


class WaitForJob(Task):
    number: int

    def execute(self, context: ExecutionContext) -> Any:
        job = Client().jobs().submit("inner", A({"returns": self.number + 1}))
        return job.wait(timeout=50).result


class Nest(Task):
    depth: int

    def execute(self, context: ExecutionContext) -> int:
        if self.depth == 0:
            return 0
        inner: int = Client().jobs().submit("nest", Nest(self.depth - 1)).wait(timeout=50).result
        return inner + 1


class WaitForOther(Task):
    job: str

    def execute(self, context: ExecutionContext) -> Any:
        return Client().jobs().find(self.job).wait(timeout=50).result


@session_task
def below(number: int) -> int:
    """Return the number below another."""
    return number - 1


class OpensSession(Task):
    """Waits for a task function in a session of its own."""

    number: int

    def execute(self, context: ExecutionContext) -> int:
        with Session():
            return self.number * below.instance().start(self.number).result()
