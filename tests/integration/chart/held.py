"""Tasks for a job that is under way while something is done to the installation."""

from __future__ import annotations

import time
import urllib.request

from fairlead import ExecutionContext, Task


class Hold(Task):
    """Waits until a gate is open, and returns a text, which may be a long one."""

    gate: str
    length: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "chart.test/Hold", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                opener.open(self.gate, timeout=10).close()
            except OSError:
                time.sleep(0.2)
            else:
                return "h" * self.length


class Measure(Task):
    """Returns the length of a text."""

    text: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "chart.test/Measure", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        return len(self.text)
