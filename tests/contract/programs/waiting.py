"""Tasks that submit jobs of their own and wait for them."""

from __future__ import annotations

from typing import Any

from fairlead import Client, ExecutionContext, Task

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
