"""A task in version v1.5."""

from __future__ import annotations

from fairlead import ExecutionContext, Task

VERSION = "v1.5"


class Tell(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/Tell", VERSION

    def execute(self, context: ExecutionContext) -> str:
        return VERSION
