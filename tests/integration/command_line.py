"""The command line, called as its users call it, in a folder with their programs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Shell:
    """Calls the command line in a folder, for one namespace.

    Attributes
    ----------
    folder
        Where programs are.
    env
        The environment, which names cluster and namespace.
    module
        The module that is run.
    """

    folder: Path
    env: dict[str, str]
    module: str = "fairlead.cli.main"

    def __call__(self, *words: str, code: int = 0) -> str:
        """Return what a command prints; it has to end with the exit code."""
        ran = subprocess.run(
            [sys.executable, "-m", self.module, *words],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == code, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout if code == 0 else ran.stderr

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command, and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", self.module, *words],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def json(self, *words: str) -> Any:
        """Return what a command answers to programs."""
        return json.loads(self(*words, "--output", "json"))

    def program(self, name: str, text: str) -> Path:
        """Write a program into the folder; return its path."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file
