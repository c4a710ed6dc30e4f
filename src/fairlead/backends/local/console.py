"""What tasks say while they run: log lines on stderr, prints where they always went.

Prints are kept with the task as well.  They are caught by standing in front of
``sys.stdout`` and ``sys.stderr`` while jobs run; every write still goes to the stream
that stood there before: a task's line by line, so that the lines of tasks that print at
the same time stay whole, everything else at once.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from fairlead.sdk.logs import format_line

Keep = Callable[[str, str], object | None]
"""Keeps text printed by the calling thread's task, given level and text; returns whose it is.

None if the calling thread runs no task: then nothing is kept.
"""

LONGEST_HELD = 8192
"""Characters of an unfinished line that are held back; a longer one is written in parts."""


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
        self._unfinished: dict[object, str] = {}

    @property
    def stream(self) -> TextIO:
        """The stream that this one stands in front of."""
        return self._stream

    def is_for(self, level: str, keep: Keep) -> bool:
        """Whether what it keeps goes there."""
        return self._level == level and self._keep is keep

    def shown(self, text: str) -> int:
        """Write without keeping."""
        return self._stream.write(text)

    def write(self, text: str) -> int:
        """Write, and keep the text with the task that the calling thread runs."""
        owner = self._keep(self._level, text)
        if owner is None:
            return self._stream.write(text)
        held = self._unfinished.pop(owner, "") + text
        end = len(held) if len(held) > LONGEST_HELD else held.rfind("\n") + 1
        if end:
            self._stream.write(held[:end])
        if end < len(held):
            self._unfinished[owner] = held[end:]
        return len(text)

    def flush(self) -> None:
        """Write the calling thread's unfinished line too: its task wants it seen."""
        if self._unfinished:
            self.finish(self._keep(self._level, ""))
        self._stream.flush()

    def finish(self, owner: object) -> None:
        """Write what is held back of a task that has ended."""
        held = self._unfinished.pop(owner, "")
        if held:
            # Nobody is left to be told that the stream is closed, or cannot hold the text.
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(held)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_wanted_by: set[object] = set()
_made: deque[Tee] = deque(maxlen=16)
_guard = threading.Lock()


def stand_in(owner: object, keep: Keep) -> None:
    """Begin to keep what tasks print; until all owners have let it be."""
    with _guard:
        _wanted_by.add(owner)
        _stand_in(keep)


def stand_down(owner: object) -> None:
    """Let it be; the streams are given back once nobody wants it any more."""
    with _guard:
        _wanted_by.discard(owner)
        if not _wanted_by:
            _stand_down()


def finish_lines(owner: object) -> None:
    """Write what is held back of a task's unfinished lines: the task has ended."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Tee):
            stream.finish(owner)


def _stand_in(keep: Keep) -> None:
    if not isinstance(sys.stdout, Tee):
        sys.stdout = _tee(sys.stdout, "stdout", keep)
    if not isinstance(sys.stderr, Tee):
        sys.stderr = _tee(sys.stderr, "stderr", keep)


def _tee(stream: TextIO, level: str, keep: Keep) -> Tee:
    """Return what stands in front of a stream, the same one every time.

    It stays in memory afterwards: ``print`` does not hold on to the stream that it
    writes to, and would bring the interpreter down if that went away meanwhile.
    """
    for tee in _made:
        if tee.stream is stream and tee.is_for(level, keep):
            return tee
    _made.append(Tee(stream, level, keep))
    return _made[-1]


def _stand_down() -> None:
    # Somebody may have put other streams there since.
    if isinstance(sys.stdout, Tee):
        sys.stdout = sys.stdout.stream
    if isinstance(sys.stderr, Tee):
        sys.stderr = sys.stderr.stream
