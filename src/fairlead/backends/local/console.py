"""What tasks say while they run: log lines on stderr, prints where they always went.

Prints are kept with the task as well.  They are caught by standing in front of
``sys.stdout`` and ``sys.stderr`` while jobs run; every write still goes to the stream
that stood there before, at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TextIO

from fairlead.sdk.logs import format_line

Keep = Callable[[str, str], None]
"""Keeps text printed by the calling thread's task: level and text."""


class Console:
    """The terminal as the engine uses it."""

    def show(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Write one log line to stderr; debug lines are kept but not shown."""
        if level != "debug":
            stream = sys.stderr
            line = format_line(message, fields) + "\n"
            (stream.shown if isinstance(stream, Tee) else stream.write)(line)


class Tee:
    """A text stream that also keeps what a task writes.  Everything else passes through."""

    def __init__(self, stream: TextIO, level: str, keep: Keep) -> None:
        self._stream = stream
        self._level = level
        self._keep = keep

    @property
    def stream(self) -> TextIO:
        """The stream that this one stands in front of."""
        return self._stream

    def shown(self, text: str) -> int:
        """Write without keeping."""
        return self._stream.write(text)

    def write(self, text: str) -> int:
        """Write, and keep the text with the task that the calling thread runs."""
        written = self._stream.write(text)
        self._keep(self._level, text)
        return written

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def stand_in(keep: Keep) -> None:
    """Begin to keep what tasks print."""
    if not isinstance(sys.stdout, Tee):
        sys.stdout = Tee(sys.stdout, "stdout", keep)
    if not isinstance(sys.stderr, Tee):
        sys.stderr = Tee(sys.stderr, "stderr", keep)


def stand_down() -> None:
    """Give the streams back, unless somebody has put others there since."""
    if isinstance(sys.stdout, Tee):
        sys.stdout = sys.stdout.stream
    if isinstance(sys.stderr, Tee):
        sys.stderr = sys.stderr.stream
