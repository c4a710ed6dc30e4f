"""What becomes of a session whose program has died."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SESSION = """
import os, time
from fairlead.sessions import Session, task

@task
def wait_for_ever():
    time.sleep(3600)

with Session(name="lost"):
    for _ in range(3):
        wait_for_ever.instance().start()
    os.kill(os.getpid(), 9)
"""


def test_one_from_a_prompt_is_closed_by_whoever_looks_at_it(
    folder: Path, fairlead: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    subprocess.run([sys.executable, "-"], input=SESSION, text=True, cwd=folder, timeout=60)

    closed = fairlead("jobs", "show", "lost")
    assert closed.returncode == 0, closed.stderr
    assert closed.stdout.startswith("lost  COMPLETED")
    assert "3 cancelled" in closed.stdout
