"""Tasks that leave marks of themselves wherever they can."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from fairlead import ExecutionContext, Task

seen: list[str] = []


class Mark(Task):
    """Tells which marks of others it finds, and leaves its own."""

    name: str

    def execute(self, context: ExecutionContext) -> dict[str, Any]:
        tmp = Path(tempfile.gettempdir())
        noted = Path(os.environ["TEST_FOLDER"], "sleeper")
        found = {
            "here": sorted(os.listdir(".")),
            "tmp": sorted(os.listdir(tmp)),
            "files": sorted(path.name for path in context.files.iterdir()),
            "seen": list(seen),
            "env": os.environ.get("MARK"),
            "lives": noted.exists() and Path("/proc", noted.read_text()).exists(),
        }
        seen.append(self.name)
        os.environ["MARK"] = self.name
        Path(self.name).write_text("here")
        (tmp / self.name).mkdir()
        (tmp / self.name / "inner").write_text("tmp")
        (context.files / self.name).write_text("files")
        sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
        noted.write_text(str(sleeper.pid))
        os.chdir("/")
        return found


class Orphan(Task):
    """Starts a process that starts another and ends."""

    def execute(self, context: ExecutionContext) -> None:
        subprocess.run(["sh", "-c", "sleep 0.2 &"], check=True)
