"""Tasks that fail until a file is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairlead import ExecutionContext, Task

from .flow import Collect
from .steps import A, B


class Mended(Task):
    file: str

    def execute(self, context: ExecutionContext) -> str:
        if not Path(self.file).exists():
            raise ValueError("not yet")
        return "mended"


class Parent(Task):
    file: str

    def execute(self, context: ExecutionContext) -> Any:
        first = context.submit_subtask(A())
        mended = context.submit_subtask(Mended(self.file), depends_on=[first])
        context.submit_subtask(B(), depends_on=[mended])
        return mended


class SumOfMended(Task):
    file: str

    def execute(self, context: ExecutionContext) -> Any:
        kept = context.submit_subtask(A({"returns": "kept"}))
        mended = context.submit_subtask(Mended(self.file), depends_on=[kept])
        return context.submit_subtask(Collect([kept, mended]))
