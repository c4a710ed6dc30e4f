"""Commands to go on with, one to a line, with what each is good for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.sdk.display.words import cells


@dataclass(frozen=True)
class Hint:
    """A command and what it is good for."""

    command: str
    purpose: str


def hint_lines(hints: Sequence[Hint]) -> list[str]:
    """Return one line for each hint, the purposes standing under each other."""
    room = max((cells(hint.command) for hint in hints), default=0)
    return [
        f"  → {hint.command}{' ' * (room - cells(hint.command) + 3)}{hint.purpose}"
        for hint in hints
    ]
