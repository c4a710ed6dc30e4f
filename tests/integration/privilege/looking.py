"""A program whose task tells what it may do in its pod, or ends badly."""

from __future__ import annotations

import os
from pathlib import Path

from fairlead import ExecutionContext, Task

ROOT = ("/", "/etc", "/usr/bin", "/opt/fairlead", "/opt/fairlead/source", "/var/lib", "/root")
OWN = ("/tmp", "/fairlead/work")


class Look(Task):
    """Looks around."""

    what: str = "look"

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "privilege.example/Look", "v1.0"

    def execute(self, context: ExecutionContext) -> dict[str, object]:
        context.logger.info("Looking", what=self.what)
        if self.what == "fail":
            raise ValueError("as told")
        if self.what == "exit":
            os._exit(3)
        status = Path("/proc/self/status").read_text() + Path("/proc/1/status").read_text()
        return {
            "status": status,
            "writable": [place for place in ROOT if writable(place)],
            "own": [place for place in OWN if writable(place)],
            "variables": sorted(os.environ),
        }


def writable(place: str) -> bool:
    """Whether a file can be made in a folder."""
    file = Path(place, "tried")
    try:
        file.write_text("x")
    except OSError:
        return False
    file.unlink()
    return True
