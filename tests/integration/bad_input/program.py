"""The tasks that jobs of these tests name."""

from __future__ import annotations

from fairlead import ExecutionContext, Task


class Double(Task):
    """Doubles a number."""

    number: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "bad.example/Double", "v1.2"

    def execute(self, context: ExecutionContext) -> int:
        return 2 * self.number
