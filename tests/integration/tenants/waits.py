"""Tasks that wait until a file is there."""

import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Wait(Task):
    """Wait for a file, if one is named."""

    gate: str = ""

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "tenants.example/Wait", "v1.0"

    def execute(self, context: ExecutionContext) -> None:
        while self.gate and not Path(self.gate).exists() and not context.should_stop:
            time.sleep(0.05)
