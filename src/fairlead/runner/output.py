"""The text that one attempt prints: cut into lines, bounded, passed on as it comes."""

from __future__ import annotations

from collections.abc import Callable

OUTPUT_LIMIT = 10 * 2**20
"""Bytes of output kept and shown for one attempt; a note says where it was cut."""

_LONGEST_LINE = 1 << 16
_TAIL = 1 << 14
_FATAL = b"Fatal Python error: "

Printed = Callable[[str, str], None]
"""Is given the name of the stream and a text of whole lines."""

STREAMS = ("stdout", "stderr")
"""The names of the streams, by their numbers here."""


class AttemptOutput:
    """Collects what one attempt writes to its two streams."""

    __slots__ = ("_left", "_partial", "_printed", "_tail")

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._partial = [b"", b""]
        self._left = OUTPUT_LIMIT
        self._tail = b""

    def feed(self, stream: int, data: bytes) -> None:
        """Take bytes as they were read; pass on the lines that they complete."""
        if stream == 1:
            self._tail = (self._tail + data)[-_TAIL:]
        if self._left < 0:
            return
        self._left -= len(data)
        kept = data if self._left >= 0 else data[: self._left]
        lines, newline, partial = (self._partial[stream] + kept).rpartition(b"\n")
        if len(partial) > _LONGEST_LINE:
            lines, newline, partial = lines + newline + partial, b"", b""
        self._partial[stream] = partial
        self._pass_on(stream, lines + newline)
        if self._left < 0:
            self._note_cut(stream)

    def finish(self) -> None:
        """Pass on what was not ended by a newline."""
        for stream in (0, 1):
            partial, self._partial[stream] = self._partial[stream], b""
            self._pass_on(stream, partial)

    def last_words(self) -> str:
        """Return the interpreter's own account of a fatal error, if it gave one."""
        _, fatal, rest = self._tail.rpartition(_FATAL)
        return (fatal + rest).decode(errors="replace") if fatal else ""

    def _note_cut(self, stream: int) -> None:
        self.finish()
        note = f"[output beyond {OUTPUT_LIMIT / 2**20:.0f} MiB is left out]\n"
        self._printed(STREAMS[stream], note)

    def _pass_on(self, stream: int, text: bytes) -> None:
        if text:
            self._printed(STREAMS[stream], text.decode(errors="replace"))
