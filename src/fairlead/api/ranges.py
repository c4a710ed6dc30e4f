"""Many keys, and many references to results, in few entries.

The subtasks of one attempt are numbered, and a task after ten thousand of them is the
usual way to collect their results.  ``0:10000`` stands for the keys 0 to 9999, and one
reference with a count for as many places of one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fairlead.api.values import ResultReference
from fairlead.errors import InvalidRequestError

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
    packed: list[ResultReference] = []
    for reference in references:
        if packed and _follows(packed[-1], reference):
            last = packed[-1]
            packed[-1] = last.model_copy(update={"count": last.count + 1})
        else:
            packed.append(reference)
    return packed


def _follows(run: ResultReference, next_one: ResultReference) -> bool:
    if (run.kind, run.word) != (next_one.kind, next_one.word) or next_one.count != 1:
        return False
    if _number(run.task) is None or _place(run.path) is None:
        return False
    return _counted(run, run.count) == (next_one.path, next_one.task)


def _place(path: str) -> int | None:
    return _number(path.rpartition("/")[2])


def _counted(run: ResultReference, further: int) -> tuple[str, str]:
    """Return path and key of the place that comes ``further`` after the first."""
    if not further:
        return run.path, run.task
    room, _, place = run.path.rpartition("/")
    return f"{room}/{int(place) + further}", str(int(run.task) + further)


def unpack_references(packed: Iterable[ResultReference]) -> Iterator[ResultReference]:
    """Yield a reference for every place that a packed list stands for.

    Raises
    ------
    InvalidRequestError
        If there is a count, but path or key do not end in a number to count up from.
    """
    for run in packed:
        if run.count > 1 and (_number(run.task) is None or _place(run.path) is None):
            raise InvalidRequestError(
                f"a reference with count {run.count} needs a path and a key that are numbered,"
                f" not {run.path!r} and {run.task!r}"
            )
        for further in range(run.count):
            path, task = _counted(run, further)
            yield ResultReference(path=path, task=task, kind=run.kind, word=run.word)
