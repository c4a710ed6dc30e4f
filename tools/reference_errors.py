"""``docs/reference/errors.md``: every error class, its place in the tree, its cause."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pages
from fairlead import errors
from fairlead.errors import FairleadError


def text() -> str:
    """Return the page."""
    return pages.page(
        "Errors",
        "Every error that Fairlead raises on purpose is a `FairleadError`, and each cause has "
        "a class of its own, in `fairlead.errors`. The message says what happened, where, and "
        "how to mend it.",
        "\n".join(_entries(FairleadError, 0)),
    )


def _entries(error: type, depth: int) -> Iterator[str]:
    meaning = pages.literal_roles(inspect.getdoc(error) or "").splitlines()[0]
    also = ", ".join(f"`{base.__name__}`" for base in _builtin_bases(error))
    yield "  " * depth + f"- `{error.__name__}`" + (f" (also {also})" if also else "")
    yield "  " * depth + f"  — {meaning}"
    for child in vars(errors).values():
        # A class stands once, below the first of its Fairlead bases.
        if isinstance(child, type) and _parent(child) is error:
            yield from _entries(child, depth + 1)


def _parent(error: type[FairleadError]) -> type | None:
    return next((base for base in error.__bases__ if issubclass(base, FairleadError)), None)


def _builtin_bases(error: type[FairleadError]) -> list[type]:
    """Return the bases that are Python's own and more telling than Exception."""
    return [
        base for base in error.__bases__ if base.__module__ == "builtins" and base is not Exception
    ]
