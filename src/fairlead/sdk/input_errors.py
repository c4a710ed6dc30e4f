"""Says in one line what is wrong with a task's input, where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairlead.errors import TaskArgumentError, TaskInputError
from fairlead.sdk.annotations import type_text
from fairlead.sdk.references import Reference, path_text
from fairlead.sdk.values import children, contains_reference, json_key

SHOWN = 60
"""How many characters of a value an error shows."""


def shown(value: object) -> str:
    """Return a value's type and its text, shortened: ``str 'three'``."""
    if value is None:
        return "None"
    try:
        text = repr(value)
    except Exception:  # a user's __repr__ may do anything
        return type(value).__name__
    text = " ".join(text.split())
    if len(text) > SHOWN:
        text = text[:SHOWN] + "..."
    return f"{type(value).__name__} {text}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the most similar known name, or nothing."""
    import difflib

    similar = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {similar[0]!r}?" if similar else ""


def argument_errors(
    task: str,
    positional: Sequence[str],
    names: Sequence[str],
    required: Sequence[str],
    given: int,
    keywords: Iterable[str],
    noun: str = "field",
) -> TaskArgumentError | None:
    """Return what is wrong with a call's arguments, or None where they fit.

    Parameters
    ----------
    task
        The task's name.
    positional
        Fields that may be given by position, in order.
    names
        Fields that may be given at all.
    required
        Those that must be given.
    given
        How many were given by position.
    keywords
        Names of those given by name.
    noun
        What they are called: fields of a class, parameters of a function.
    """
    if given > len(positional):
        return TaskArgumentError(
            f"{task} takes {_counted(len(positional), noun)} by position"
            f" ({', '.join(positional) or 'none'}), but got {given}"
        )
    by_name = list(keywords)
    for name in by_name:
        if name not in names:
            return TaskArgumentError(unknown_field(task, name, names, noun))
        if name in positional[:given]:
            return TaskArgumentError(f"{task}.{name} was given twice, by position and by name")
    missing = [name for name in required if name not in by_name and name not in positional[:given]]
    if missing:
        return TaskArgumentError(missing_fields(task, missing))
    return None


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def unknown_field(task: str, name: str, known: Sequence[str], noun: str = "field") -> str:
    """Return the complaint about a field that the task does not have."""
    hint = did_you_mean(name, known)
    fields = f"its {noun}s are {', '.join(known)}" if known else "it has none"
    return f"{task} has no {noun} {name!r}{hint or '; ' + fields}"


def missing_fields(task: str, names: Sequence[str]) -> str:
    """Return the complaint about fields that were not given."""
    if len(names) == 1:
        return f"{task}.{names[0]} is missing; give it a value"
    return f"{task} lacks {', '.join(names)}; give each a value"


def relevant(errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the errors that are not just a future standing where its result will be.

    An alternative of a union may also fail because the container itself does not fit
    it; that is excused where another alternative fails at nothing but futures.
    """
    futures = [error["loc"] for error in errors if isinstance(error["input"], Reference)]
    if not futures:
        return list(errors)
    return [error for error in errors if not _excused(error, futures)]


def _excused(error: dict[str, Any], futures: Sequence[tuple[Any, ...]]) -> bool:
    if isinstance(error["input"], Reference):
        return True
    if not contains_reference(error["input"]):
        return False
    location = error["loc"]
    place = location[:-1]
    return any(other[: len(place)] == place and other[: len(location)] != location
               for other in futures if len(other) > len(place))  # fmt: skip


def complaint(
    task: str, errors: Sequence[dict[str, Any]], types: Mapping[str, Any], values: object
) -> TaskInputError:
    """Return the error to raise for what a validator found wrong, the first thing first.

    ``types`` are the task's fields and their types; ``values`` is what was validated.
    """
    known = list(types)
    error = errors[0]
    location, kind = error["loc"], error["type"]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    if kind == "extra_forbidden" and len(location) == 1:
        return TaskArgumentError(unknown_field(task, str(location[0]), known) + more)
    if kind == "missing" and len(location) == 1:
        return TaskArgumentError(missing_fields(task, [str(location[0])]) + more)
    if not location:
        return TaskInputError(f"{task}: the input is not a JSON object: {error['msg']}")
    return TaskInputError(_wrong_value(task, error, types, values) + more)


def data_path(values: object, location: Sequence[str | int]) -> tuple[str | int, ...]:
    """Return the steps of an error's location that lead through the data.

    The others name alternatives of unions.
    """
    path: list[str | int] = []
    for step in location:
        found = {json_key(key): inner for key, inner in children(values)}
        if step in found:
            path.append(step)
            values = found[step]
    return tuple(path)


def _wrong_value(task: str, error: dict[str, Any], types: Mapping[str, Any], values: object) -> str:
    location = error["loc"]
    field = location[0]
    wanted = type_text(types.get(str(field), Any))
    place = path_text(data_path(values, location))
    problem = " ".join(str(error["msg"]).split()).removeprefix("Input should be ")
    if error["type"] == "missing":
        place = path_text((*data_path(values, location), location[-1]))
        return f"{task}.{place} is missing ({field}: {wanted})"
    if error["type"] == "extra_forbidden":
        return f"{task}.{place} is not a field ({field}: {wanted})"
    return f"{task}.{place} wants {problem} ({field}: {wanted}), but got {shown(error['input'])}"


def positional_refused(task: str, positional: Sequence[str]) -> TaskArgumentError:
    """Return the complaint about arguments given by position where names are wanted."""
    names = ", ".join(f"{name}=..." for name in positional)
    return TaskArgumentError(
        f"{task} takes its arguments by name only, not by position: {task}({names})"
    )
