"""Many keys, and many references to results, in few entries.

The subtasks of one attempt are numbered, and a task after ten thousand of them is the
usual way to collect their results.  ``0:10000`` stands for the keys 0 to 9999, and one
reference with a count for as many places of one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fairlead.errors import InvalidRequestError

if TYPE_CHECKING:
    from fairlead.api.values import ResultReference

Plain = dict[str, Any]
"""A reference as it stands in an object: the JSON of a ResultReference."""

MAX_EXPANDED = 50_000
"""The most keys that a list may stand for; a job has no more tasks."""


def _number(key: str) -> int | None:
    """Return a key's number where it is one, written the one way that counts."""
    return int(key) if key.isascii() and key.isdigit() and str(int(key)) == key else None


def pack_keys(keys: Iterable[str]) -> list[str]:
    """Return the keys with those that count up by one joined to ranges."""
    packed: list[str] = []
    first: int | None = None
    after: int | None = None
    for key in [*keys, ""]:
        number = _number(key)
        if number is not None and number == after:
            after += 1
            continue
        if first is not None and after is not None:
            packed.append(str(first) if after == first + 1 else f"{first}:{after}")
        first, after = (None, None) if number is None else (number, number + 1)
        if number is None and key:
            packed.append(key)
    return packed


def unpack_keys(packed: Iterable[str]) -> list[str]:
    """Return the keys that a packed list stands for.

    Raises
    ------
    InvalidRequestError
        If a range is empty, or the list stands for more than 50,000 keys.
    """
    keys: list[str] = []
    for entry in packed:
        first, colon, after = entry.partition(":")
        if not colon:
            keys.append(entry)
            continue
        start, end = int(first), int(after)
        if end <= start or len(keys) + end - start > MAX_EXPANDED:
            raise InvalidRequestError(
                f"{entry!r} stands for {max(end - start, 0)} tasks; a list of dependencies"
                f" stands for 1 to {MAX_EXPANDED}"
            )
        keys += map(str, range(start, end))
    return keys


def pack_references(references: Sequence[ResultReference]) -> list[ResultReference]:
    """Return the references with runs over one list and consecutive keys joined to one."""
    return _models(pack_plain(reference.to_dict() for reference in references))


def unpack_references(packed: Iterable[ResultReference]) -> Iterator[ResultReference]:
    """Yield a reference for every place that a packed list stands for.

    Raises
    ------
    InvalidRequestError
        If there is a count, but path or key do not end in a number to count up from.
    """
    yield from _models(unpack_plain(run.to_dict() for run in packed))


def _models(plain: Iterable[Plain]) -> list[ResultReference]:
    from fairlead.api.values import ResultReference  # pydantic, which runners do without

    return [ResultReference.model_validate(one) for one in plain]


def pack_plain(references: Iterable[Plain]) -> list[Plain]:
    """Do what :func:`pack_references` does, with references as they stand in an object."""
    packed: list[Plain] = []
    for reference in references:
        if packed and _follows(packed[-1], reference):
            packed[-1]["count"] = _count(packed[-1]) + 1
        else:
            packed.append(dict(reference))
    return packed


def unpack_plain(packed: Iterable[Plain]) -> Iterator[Plain]:
    """Do what :func:`unpack_references` does, with references as they stand in an object."""
    for run in packed:
        count = _count(run)
        if count > 1 and (_number(run["task"]) is None or _place(run["path"]) is None):
            raise InvalidRequestError(
                f"a reference with count {count} needs a path and a key that are numbered,"
                f" not {run['path']!r} and {run['task']!r}"
            )
        for further in range(count):
            path, task = _counted(run, further)
            yield {**run, "path": path, "task": task, "count": 1}


def _follows(run: Plain, next_one: Plain) -> bool:
    if _manner(run) != _manner(next_one) or _count(next_one) != 1:
        return False
    if _number(run["task"]) is None or _place(run["path"]) is None:
        return False
    return _counted(run, _count(run)) == (next_one["path"], next_one["task"])


def _manner(reference: Plain) -> tuple[str, str | None]:
    return reference.get("kind", "Value"), reference.get("word")


def _count(reference: Plain) -> int:
    return int(reference.get("count", 1))


def _place(path: str) -> int | None:
    return _number(path.rpartition("/")[2])


def _counted(run: Plain, further: int) -> tuple[str, str]:
    """Return path and key of the place that comes ``further`` after the first."""
    path, task = str(run["path"]), str(run["task"])
    if not further:
        return path, task
    room, _, place = path.rpartition("/")
    return f"{room}/{int(place) + further}", str(int(task) + further)
