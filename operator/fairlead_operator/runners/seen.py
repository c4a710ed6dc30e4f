"""What the indexes are fed with, whatever it comes from."""

from __future__ import annotations

from typing import Any, Protocol

DELETED = "DELETED"


class Seen(Protocol):
    """One event of a watch: what happened, and the object as it is now."""

    @property
    def type(self) -> str:
        """``ADDED``, ``MODIFIED`` or ``DELETED``."""

    @property
    def object(self) -> dict[str, Any]:
        """The object as the API server has it."""


def name_of(raw: dict[str, Any]) -> tuple[str, str]:
    """Return the namespace (empty for kinds that live in none) and name of an object."""
    metadata = raw["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


UNREADABLE = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
"""What reading an object raises that has another shape than this operator knows, or no end.

Admission lets none through, but a definition that is newer than the operator might.
"""


def unreadable(error: Exception) -> str:
    """Return the fault of an object that could not be read."""
    return f"this version of the operator cannot read it ({type(error).__name__}: {error})"
