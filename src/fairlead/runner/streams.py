"""Python's standard streams over descriptors 1 and 2, whatever those are at the moment."""

from __future__ import annotations

import io
import sys


class _Descriptor(io.FileIO):
    """An open descriptor that may be a file now and a pipe later: never to be sought in."""

    def seekable(self) -> bool:
        return False


def connect_streams() -> None:
    """Make ``sys.stdout`` and ``sys.stderr`` new, passing on each line at once."""
    sys.stdout = sys.__stdout__ = _line_stream(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _line_stream(2)  # type: ignore[misc]


def _line_stream(descriptor: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Descriptor(descriptor, "w", closefd=False)),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
