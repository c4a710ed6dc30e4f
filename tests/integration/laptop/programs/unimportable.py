"""A program that can be imported here, but not by a worker once a test says so."""

from __future__ import annotations

import os

from fairlead import ExecutionContext, Task

if os.environ.get("REFUSE_IMPORT"):
    raise RuntimeError("this program does not like workers")


class OutOfReach(Task):
    def execute(self, context: ExecutionContext) -> int:
        return 1
