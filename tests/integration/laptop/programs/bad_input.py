"""A sound program, to be given bad input."""

from __future__ import annotations

from fairlead import ExecutionContext, Task


class Resample(Task):
    meters: int
    ratio: float = 0.5

    def execute(self, context: ExecutionContext) -> int:
        return self.meters
