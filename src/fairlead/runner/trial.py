"""Two small tasks that are in every runner's image: an installation tries itself with them.

Their Release comes with the chart's tests and is for those alone.
"""

from __future__ import annotations

from fairlead.sdk.context import ExecutionContext
from fairlead.sdk.task import Task


class WriteText(Task):
    """Returns a text; a long one goes through the object store."""

    length: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "fairlead.dev/WriteText", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        context.logger.info("writing", length=self.length)
        return "f" * self.length


class MeasureText(Task):
    """Returns the length of a text, which is another task's result."""

    text: str

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "fairlead.dev/MeasureText", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        context.logger.info("reading", length=len(self.text))
        return len(self.text)
