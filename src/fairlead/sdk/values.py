"""Walks through plain values: finds references, replaces them, places results.

Only lists, tuples, dicts and dataclasses are entered: these are what a reference can
be written into without a schema that would have refused it first.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

from fairlead.errors import TaskInputError
from fairlead.sdk.references import Reference

Path = tuple[str | int, ...]
Found = list[tuple[Path, Reference]]


def is_dataclass_instance(value: object) -> bool:
    """Return whether the value is an instance (not the class) of a dataclass."""
    return hasattr(type(value), "__dataclass_fields__")


def children(value: object) -> Iterator[tuple[Any, Any]]:
    """Yield the keys and values directly inside a container; nothing for other values."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
    elif is_dataclass_instance(value):
        for field in dataclasses.fields(value):  # type: ignore[arg-type]
            yield field.name, getattr(value, field.name, None)


def contains_reference(value: object) -> bool:
    """Return whether the value is a reference or holds one at any depth."""
    return next(_references(value, ()), None) is not None


def _references(value: object, path: Path) -> Iterator[tuple[Path, Reference]]:
    if isinstance(value, Reference):
        yield path, value
        return
    for key, inner in children(value):
        yield from _references(inner, (*path, key))


def without_references(value: Any) -> tuple[Any, Found]:
    """Return a copy in which None stands for each reference, and where they stood.

    Containers that hold no reference are shared with the original.

    Raises
    ------
    TaskInputError
        If the value contains itself, or is nested too deeply to be walked through.
    """
    found: Found = []
    try:
        return _replace(value, (), found), found
    except RecursionError:
        raise TaskInputError(
            f"a {type(value).__name__} contains itself, or is nested too deeply for JSON"
        ) from None


def _replace(value: Any, path: Path, found: Found) -> Any:
    if isinstance(value, Reference):
        found.append((path, value))
        return None
    changed = {}
    for key, inner in children(value):
        before = len(found)
        replaced = _replace(inner, (*path, key), found)
        if len(found) > before:
            json_key(key)
            changed[key] = replaced
    return _with(value, changed) if changed else value


def _with(value: Any, changed: dict[Any, Any]) -> Any:
    if isinstance(value, dict):
        return {**value, **changed}
    if isinstance(value, list | tuple):
        return [changed.get(index, inner) for index, inner in enumerate(value)]
    copied = copy.copy(value)
    for name, inner in changed.items():
        object.__setattr__(copied, name, inner)  # works for frozen dataclasses too
    return copied


def json_key(key: object) -> str | int:
    """Return a dict's key as it is written in JSON, or the index of a list."""
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, str | int):
        return key
    raise TaskInputError(
        f"a future cannot be the value under the key {key!r}; use a str or an int as the key"
    )


def place(tree: Any, path: Path, value: Any) -> Any:
    """Put a value at a path inside parsed JSON; return the tree (the value, at the root)."""
    if not path:
        return value
    container = tree
    for step in path[:-1]:
        container = container[_step_into(container, step)]
    container[_step_into(container, path[-1])] = value
    return tree


def _step_into(container: Any, step: str | int) -> str | int:
    # A dict's int keys are texts once they have been through JSON.
    return str(step) if isinstance(container, dict) else step


def find_first(value: Any, wrong: Callable[[Any], bool]) -> tuple[Path, Any] | None:
    """Return the path and value of the innermost first thing that is wrong, if any."""
    for key, inner in children(value):
        found = find_first(inner, wrong)
        if found is not None:
            return (key if isinstance(key, str | int) else str(key), *found[0]), found[1]
    return ((), value) if wrong(value) else None


def is_not_a_number(value: object) -> bool:
    """Return whether the value is NaN or an infinity, which JSON cannot hold."""
    return isinstance(value, float) and not math.isfinite(value)
