"""Finding the results that a task's input refers to.

References name siblings by key.  The name of a sibling follows from its key, so one GET
finds it; where it was made in an earlier run of the job, or there are many of them, a list by
labels does, and the newest run counts.  A result may itself refer to results of subtasks,
and those again; the chain is followed without recursion.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.api import labels
from fairlead.api.names import task_name
from fairlead.api.pointers import steps
from fairlead.api.ranges import unpack_plain
from fairlead.api.words import OUTCOMES, TASK_STATES
from fairlead.core.states import TaskState
from fairlead.errors import DependencyError
from fairlead.runner.pod.assignment import Assignment, Family, Object
from fairlead.runner.pod.patience import persistently
from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.values import Values
from fairlead.sdk.attempt import Upstream
from fairlead.sdk.backend import Failure, Ref

FEW = 16
"""So many Tasks are asked for one by one; more are listed."""

_ENDED_WELL = (TaskState.COMPLETED, TaskState.FAILED_OPTIONAL, TaskState.SKIPPED)

Path = tuple[str | int, ...]
Wanted = dict[str, str]
"""Keys of siblings, and the readable part of each one's name."""


@dataclass(slots=True)
class _Row:
    """One Task that is referred to, and where its result refers to further ones."""

    task: Object
    refs: list[tuple[Path, str]]  # places and unique ids


class Results:
    """Reads what other Tasks ended with.

    ``lost`` ends all waiting for the API server, once nobody needs the results any more.
    """

    def __init__(self, api: TaskApi, values: Values, lost: threading.Event) -> None:
        self._api = api
        self._values = values
        self._lost = lost

    def of(self, assignment: Assignment) -> tuple[tuple[Ref, ...], dict[str, Upstream]]:
        """Return the references in a task's input, and what each task referred to ended with.

        Raises
        ------
        DependencyError
            If a Task that is referred to is gone.
        """
        references = list(unpack_plain(assignment.spec.get("inputFrom") or ()))
        if not references:
            return (), {}
        siblings = self._find(assignment.siblings, _wanted(references))
        rows = self._with_inner(siblings.values())
        whole = _substituted(rows, self._values)
        refs = tuple(
            Ref(steps(one["path"]), _id(siblings[one["task"]]), _KINDS[one.get("kind", "Value")])
            for one in references
        )
        return refs, {_id(task): _upstream(task, whole[_uid(task)]) for task in siblings.values()}

    def _with_inner(self, tasks: Iterable[Object]) -> dict[str, _Row]:
        """Return rows of these Tasks and of all that their results lead to, by unique id."""
        rows: dict[str, _Row] = {}
        waiting = list(tasks)
        while waiting:
            task = waiting.pop()
            if _uid(task) in rows:
                continue
            references = list(unpack_plain(_status(task).get("resultFrom") or ()))
            row = rows[_uid(task)] = _Row(task, [])
            if not references or _state(task) is not TaskState.COMPLETED:
                continue
            found = self._find(_children(task), _wanted(references))
            row.refs = [(steps(one["path"]), _uid(found[one["task"]])) for one in references]
            waiting += found.values()
        return rows

    # --- finding Tasks --------------------------------------------------------------

    def _find(self, family: Family, wanted: Wanted) -> dict[str, Object]:
        """Return the Tasks of a family by key."""
        found: dict[str, Object] = {}
        if len(wanted) <= FEW:
            for key, word in wanted.items():
                task = self._get(family, key, word)
                if task is not None and _state(task) in _ENDED_WELL:
                    found[key] = task
        absent = wanted.keys() - found.keys()
        if absent:
            found |= self._list(family, absent)
        missing = sorted(wanted.keys() - found.keys())
        if missing:
            raise DependencyError(
                f"the result of task {missing[0]!r} is referred to, but that Task is gone:"
                f" somebody has deleted it"
            )
        return found

    def _get(self, family: Family, key: str, word: str) -> Object | None:
        name = task_name(
            family.job,
            word,
            parent_uid=family.parent_uid,
            run=family.run,
            attempt=family.attempt,
            key=key,
        )
        return persistently(lambda: self._api.get(name), self._lost)

    def _list(self, family: Family, keys: Iterable[str]) -> dict[str, Object]:
        wanted = set(keys)
        selector = f"{labels.PARENT_ATTEMPT}={family.label}"
        if len(wanted) <= FEW:
            selector += f",{labels.KEY} in ({','.join(sorted(wanted))})"
        listed = persistently(lambda: self._api.tasks(labelSelector=selector), self._lost)
        tasks = listed[0] if listed is not None else []
        newest: dict[str, Object] = {}
        for task in sorted(tasks, key=lambda one: int(one["spec"]["run"])):
            if task["spec"]["key"] in wanted:
                newest[task["spec"]["key"]] = task
        return newest


_KINDS: Mapping[str, Any] = {"Value": "value", "Future": "future"}


def _wanted(references: Iterable[Mapping[str, Any]]) -> Wanted:
    return {
        one["task"]: one["task"] if one.get("word") is None else one["word"] for one in references
    }


def _children(task: Object) -> Family:
    """Return the family that a Task's committed attempt has made."""
    spec = task["spec"]
    return Family(spec["jobName"], _uid(task), int(_status(task)["attempt"]), spec["run"])


def _status(task: Object) -> dict[str, Any]:
    return task.get("status") or {}


def _uid(task: Object) -> str:
    return str(task["metadata"]["uid"])


def _id(task: Object) -> str:
    return str(task["spec"].get("id") or _uid(task))


def _state(task: Object) -> TaskState:
    return TASK_STATES[_status(task).get("state", "Queued")]


def _upstream(task: Object, result: bytes | None) -> Upstream:
    outcome = _status(task).get("outcome")
    failure = None
    if outcome is not None and outcome["kind"] != "Succeeded":
        failure = failure_of(outcome)
    return Upstream(_id(task), _state(task).value, result, failure)


def failure_of(outcome: Mapping[str, Any]) -> Failure:
    """Return the failure that a Task's outcome tells of."""
    arguments = outcome.get("arguments")
    return Failure(
        kind=OUTCOMES[outcome["kind"]].value,
        type=outcome.get("type", ""),
        message=outcome.get("message", ""),
        module=outcome.get("module", ""),
        arguments=None if arguments is None else json.loads(arguments),
        traceback=outcome.get("traceback", ""),
    )


# --- results with the results that they refer to in their places ---------------------


def _substituted(rows: Mapping[str, _Row], values: Values) -> dict[str, bytes | None]:
    whole: dict[str, bytes | None] = {}
    for start in rows:
        stack = [start]
        while stack:
            row = rows[stack[-1]]
            open_ = [uid for _, uid in row.refs if uid not in whole]
            if open_ and stack[-1] not in whole:
                stack += open_
                continue
            uid = stack.pop()
            if uid not in whole:
                whole[uid] = _filled(row, whole, values)
    return whole


def _filled(row: _Row, whole: Mapping[str, bytes | None], values: Values) -> bytes | None:
    if _state(row.task) is not TaskState.COMPLETED:
        return None
    status = _status(row.task)
    if row.refs and row.refs[0][0] == ():
        return whole[row.refs[0][1]]
    result = values.read(status.get("result"), status.get("resultRef"))
    if result is None or not row.refs:
        return result
    tree = json.loads(result)
    for path, uid in row.refs:
        inner = whole[uid]
        _place(tree, path, None if inner is None else json.loads(inner))
    return json.dumps(tree).encode()


def _place(tree: Any, path: Path, value: Any) -> None:
    for step in path[:-1]:
        tree = tree[str(step) if isinstance(tree, dict) else step]
    tree[str(path[-1]) if isinstance(tree, dict) else path[-1]] = value
