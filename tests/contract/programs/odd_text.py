"""Tasks that say what UTF-8 cannot hold, as names of old files do."""

from __future__ import annotations

from fairlead import ExecutionContext, Task

ODD = "caf\udce9.txt"
"""The name ``caf<E9>.txt``, written in Latin-1, as Python reads it from a folder."""


class SayOdd(Task):
    """Says it in the one way that is asked for."""

    how: str

    def execute(self, context: ExecutionContext) -> str:
        if self.how == "raise":
            raise ValueError(f"cannot read {ODD}")
        if self.how == "display":
            context.current_task.display = ODD
        elif self.how == "status":
            context.set_status(ODD)
        elif self.how == "progress":
            context.progress(ODD).add(1)
        elif self.how == "log":
            context.logger.info(ODD, name=ODD)
        elif self.how == "print":
            print(ODD)
        elif self.how == "cache":
            context.job_cache[ODD] = b""
        return "said"
