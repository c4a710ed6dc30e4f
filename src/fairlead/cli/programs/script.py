"""A plain script, run as Python would run it."""

from __future__ import annotations

import os
import subprocess
import sys


def run_script(file: str, backend: str | None) -> int:
    """Run a script; return its exit code, if this process is still there then.

    Where the system can, the script takes the place of this process, so that signals,
    tracebacks and the exit code are its own.
    """
    if backend is not None:
        os.environ["FAIRLEAD_BACKEND"] = backend
    command = [sys.executable, file]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(command[0], command)
    return subprocess.call(command)
