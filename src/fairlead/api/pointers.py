"""Places in a JSON value: as a path of keys and indexes, and as a JSON pointer (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterable

Step = str | int


def pointer(path: Iterable[Step]) -> str:
    """Return the JSON pointer of a path, ``/parts/0``; empty for the whole value."""
    return "".join("/" + _escaped(str(step)) for step in path)


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def steps(text: str) -> tuple[Step, ...]:
    """Return the path of a JSON pointer; what may be an index is a number.

    A pointer does not tell ``0`` the index from ``"0"`` the key; whoever follows the path
    sees whether there is a list or an object.
    """
    if not text:
        return ()
    return tuple(_step(part) for part in text.removeprefix("/").split("/"))


def _step(part: str) -> Step:
    if part.isascii() and part.isdigit() and str(int(part)) == part:
        return int(part)
    return part.replace("~1", "/").replace("~0", "~")
