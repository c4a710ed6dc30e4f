"""What the indexes are fed with, whatever it comes from."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import ValidationError

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


def first_problem(error: ValidationError) -> str:
    """Return in words the first thing that is wrong with the spec of an object."""
    found = error.errors()[0]
    where = ".".join(["spec", *map(str, found["loc"])])
    return f"{where}: {found['msg']}"
