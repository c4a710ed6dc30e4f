"""Tasks that wait until a file is there, and say in which pod they ran."""

import os
import time
from pathlib import Path

from fairlead import ExecutionContext, Task


class Wait(Task):
    """Wait for a file; return the pod's name."""

    gate: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "machines.example/Wait", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        while self.gate and not Path(self.gate).exists():
            time.sleep(0.05)
        return os.environ["FAIRLEAD_POD_NAME"]


class Eat(Task):
    """Use so much memory; return in which pod that went well."""

    megabytes: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "machines.example/Eat", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        eaten = bytearray(self.megabytes << 20)
        for place in range(0, len(eaten), 4096):
            eaten[place] = 1
        return os.environ["FAIRLEAD_POD_NAME"]
