"""Results, with the results of subtasks in the places of their futures.

The chain of tasks that hand up each other's results is followed without recursion, so
that a result from thousands of levels below costs no stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fairlead.api import labels
from fairlead.api.pointers import steps
from fairlead.api.ranges import unpack_plain
from fairlead.backends.kubernetes.storage import text_or_value
from fairlead.backends.kubernetes.words import Object, status_of, task_state, uid_of
from fairlead.core.states import TaskState

MOST_NAMED = 50
"""Most keys that are asked for by name; for more, all siblings are listed."""

NULL = b"null"

ListTasks = Callable[[str], list[dict[str, Any]]]
"""Returns the Tasks that a label selector selects."""


@dataclass(slots=True)
class _Part:
    """One Task whose result is a part of what is asked for."""

    data: bytes | None
    references: list[tuple[str, int]] = field(default_factory=list)
    """The places in it, and the parts that belong there."""


def selector(siblings: str, keys: Iterable[str]) -> str:
    """Return the label selector of some subtasks of one attempt."""
    named = sorted(set(keys))
    chosen = f"{labels.PARENT_ATTEMPT}={siblings}"
    if len(named) > MOST_NAMED:
        return chosen
    return f"{chosen},{labels.KEY} in ({','.join(named)})"


def newest_by_key(tasks: Iterable[Object]) -> dict[str, Object]:
    """Return the newest object of each key among siblings."""
    found: dict[str, Object] = {}
    for task in tasks:
        known = found.setdefault(task["spec"]["key"], task)
        if task["spec"]["run"] > known["spec"]["run"]:
            found[task["spec"]["key"]] = task
    return found


def subtasks(task: Object, keys: Iterable[str], list_tasks: ListTasks) -> dict[str, Object]:
    """Return some subtasks of a Task's latest attempt, by key."""
    siblings = labels.parent_attempt(uid_of(task), status_of(task).get("attempt") or 0)
    return newest_by_key(list_tasks(selector(siblings, keys)))


def result(task: Object, list_tasks: ListTasks, stored: Callable[[Object], bytes]) -> bytes | None:
    """Return a Task's result as JSON, whole; None if it ended without one."""
    parts: list[_Part] = []
    waiting = [task]
    while waiting:
        one = waiting[len(parts)]
        part = _part(one, stored)
        parts.append(part)
        if part.data is not None:
            part.references = _add_referred(one, waiting, list_tasks)
        if len(parts) == len(waiting):
            break
    return _filled(parts)


def _add_referred(
    task: Object, waiting: list[Object], list_tasks: ListTasks
) -> list[tuple[str, int]]:
    """Have the Tasks looked at that a result refers to; return where each of them belongs."""
    places = list(unpack_plain(status_of(task).get("resultFrom") or ()))
    if not places:
        return []
    found = subtasks(task, (place["task"] for place in places), list_tasks)
    numbers: dict[str, int] = {}
    for key in {place["task"] for place in places} & found.keys():
        numbers[key] = len(waiting)
        waiting.append(found[key])
    return [(place["path"], numbers.get(place["task"], -1)) for place in places]


def _part(task: Object, stored: Callable[[Object], bytes]) -> _Part:
    if task_state(task) is not TaskState.COMPLETED:
        return _Part(None)
    status = status_of(task)
    data = text_or_value(status, "result", "resultRef", stored)
    # One that is nothing but another task's result is not written down once more.
    return _Part(NULL if data is None and status.get("resultFrom") else data)


def _filled(parts: list[_Part]) -> bytes | None:
    """Return the first part whole; what belongs into a part always comes after it."""
    whole: list[bytes | None] = [None] * len(parts)
    for number in range(len(parts) - 1, -1, -1):
        part = parts[number]
        data = part.data
        if data is not None and part.references:
            inner = [(path, None if at < 0 else whole[at]) for path, at in part.references]
            data = inner[0][1] if inner[0][0] == "" else _with_values(data, inner)
        whole[number] = data
    return whole[0]


def _with_values(data: bytes, inner: list[tuple[str, bytes | None]]) -> bytes:
    value = json.loads(data)
    for text, result in inner:
        *way, last = steps(text)
        place = value
        for step in way:
            place = place[_fitting(place, step)]
        place[_fitting(place, last)] = None if result is None else json.loads(result)
    return json.dumps(value).encode()


def _fitting(place: Any, step: str | int) -> Any:
    """Return a step as the place takes it: a pointer does not tell indexes from keys."""
    return step if isinstance(place, list) else str(step)


def owner(task: Object, list_tasks: ListTasks) -> Object:
    """Return the Task whose result it is: itself, unless it returned a future."""
    while True:
        references = status_of(task).get("resultFrom") or ()
        if not references or references[0]["path"] != "":
            return task
        key = references[0]["task"]
        below = subtasks(task, [key], list_tasks).get(key)
        if below is None:
            return task
        task = below
