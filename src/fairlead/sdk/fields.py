"""The fields of a task: what a class declares, or a function takes."""

from __future__ import annotations

from typing import Any, NamedTuple


class Field(NamedTuple):
    """One field of a task's input.

    Attributes
    ----------
    name
        Its name.
    required
        Whether it must be given.
    none_by_default
        Whether its default is None: then None is admitted, whatever the annotation says.
    positional_only
        Whether a function takes it by position only.
    """

    name: str
    required: bool = True
    none_by_default: bool = False
    positional_only: bool = False
    annotation: Any = Any
