"""A control handler reaches worker processes where it is set above the first start of work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from fairlead.sessions import (
    Session, TaskControl, TaskControlHandler, set_task_control_handler, task
)


class Handler(TaskControlHandler):
    def log(self, task_control, message, level, **extra):
        print("handled", message, flush=True)


@task
def say(text: str, tc: TaskControl) -> None:
    tc.log(text)

{above}
with Session():
    {below}
    say.instance().start("hello").result()
"""

SET = "set_task_control_handler(Handler())"


@pytest.mark.parametrize(
    ("above", "below", "out"), [(SET, "", "handled hello\n"), ("", SET, "")], ids=["above", "below"]
)
def test_where_it_is_set(tmp_path: Path, above: str, below: str, out: str) -> None:
    program = tmp_path / "saying.py"
    program.write_text(PROGRAM.format(above=above, below=below))
    ended = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, "FAIRLEAD_WORKERS": "processes:1"},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (0, out), ended.stderr
