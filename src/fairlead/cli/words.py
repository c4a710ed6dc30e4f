"""Times, numbers and names in words that fit a terminal."""

from __future__ import annotations

import shlex
import unicodedata
from datetime import UTC, datetime

from fairlead.sdk.display.durations import format_duration
from fairlead.sdk.display.words import REPLACEMENT

NOTHING = "-"
"""What a table shows where there is no value."""


def duration(seconds: float | None) -> str:
    """Return a length of time such as ``4 m 12 s``; ``-`` where there is none."""
    return NOTHING if seconds is None else format_duration(seconds)


def span(started: float | None, ended: float | None, now: float) -> float | None:
    """Return the seconds from start to end, to ``now`` while it goes on, None before it starts."""
    if started is None:
        return None
    return max(0.0, (now if ended is None else ended) - started)


def timestamp(moment: float | None) -> str | None:
    """Return seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    if moment is None:
        return None
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def local_time(moment: float | None) -> str:
    """Return seconds since the epoch as a date and time where the reader is."""
    if moment is None:
        return NOTHING
    return datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M:%S")


def clock_time(moment: float) -> str:
    """Return the time of day, to the millisecond, where the reader is."""
    return datetime.fromtimestamp(moment).isoformat(timespec="milliseconds")[11:]


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 task``, ``3 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clean_lines(text: str) -> str:
    """Return text with its line breaks kept and other control characters made visible."""
    lines = (line.expandtabs() for line in text.splitlines())
    return "\n".join("".join(map(_visible, line)) for line in lines)


def _visible(character: str) -> str:
    # Cc and Cf: control and format characters, with the escape that starts colour codes
    # and the marks that turn the direction of writing.  Joiners belong to scripts and emoji.
    if unicodedata.category(character) in ("Cc", "Cf") and character not in "\u200c\u200d":
        return REPLACEMENT
    return character


def quoted(word: str) -> str:
    """Return a word as it has to be typed in a shell."""
    return shlex.quote(word)
