"""Characters that the terminal, or any encoding, lacks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ODD = """
from fairlead import ExecutionContext, Task


class Odd(Task):
    def execute(self, context: ExecutionContext) -> str:
        context.logger.info("read", name="caf\\udce9.txt")
        return "ca\\u00f1on"
"""


@pytest.fixture
def odd(folder: Path, start: Callable[..., subprocess.Popen[str]]) -> Callable[..., str]:
    """Call ``fairlead`` with an output that takes ASCII only; return what it wrote."""
    (folder / "odd.py").write_text(ODD)

    def call(*arguments: str) -> str:
        process = start(*arguments, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        out, complaint = process.communicate(timeout=60)
        assert process.returncode == 0, complaint
        return out

    return call


def test_what_the_terminal_lacks_is_written_with_escapes(odd: Callable[..., str]) -> None:
    assert odd("run", "odd.py") == "ca\\xf1on\n"
    assert "\\u2514\\u2500 Odd  COMPLETED" in odd("jobs", "tree", "Odd")
    assert "read name=caf\\udce9.txt" in odd("logs", "Odd")
