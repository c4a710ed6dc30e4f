"""Tasks that meet while they run."""

from __future__ import annotations

from pathlib import Path

from fairlead import ExecutionContext, Task


class Opens(Task):
    gate: str

    def execute(self, context: ExecutionContext) -> None:
        Path(self.gate).touch()
