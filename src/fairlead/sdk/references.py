"""What may stand, in a task's input or result, for the result of another task.

Every style has its own handle on a task that will run: a ``FutureTask`` of a
context, a bound instance of a workflow, a ``Future`` of a session.  The codec only
needs to know that a value is one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fairlead.sdk.backend import RefKind


class Reference:
    """A value that stands for the result of another task."""

    __slots__ = ()


class Placeholder(NamedTuple):
    """A place in an encoded value where a reference stood.

    Attributes
    ----------
    path
        Keys and indexes from the root of the value; empty for the root itself.
    target
        The reference that stood there.
    kind
        Whether its result replaces it, or the future itself is handed over.
    """

    path: tuple[str | int, ...]
    target: Reference
    kind: RefKind


def path_text(path: tuple[str | int, ...]) -> str:
    """Return a path as one writes it in Python: ``parts[0].size``."""
    return "".join(_steps(path))


def _steps(path: tuple[str | int, ...]) -> Iterator[str]:
    for position, step in enumerate(path):
        if isinstance(step, int):
            yield f"[{step}]"
        elif position and not step.isidentifier():
            yield f"[{step!r}]"
        else:
            yield f".{step}" if position else step
