"""A job as it was submitted, read back from its objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from fairlead.api.identity import job_identity, task_ids
from fairlead.api.pointers import steps
from fairlead.api.ranges import unpack_plain
from fairlead.backends.kubernetes.storage import text_or_value
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.backends.kubernetes.views import dependency_keys, title_of
from fairlead.backends.kubernetes.words import Object
from fairlead.sdk.backend import NewJob, NewTask, Ref, TaskOptions

_STYLES: Mapping[str, Literal["job", "workflow", "session", "run"]] = {
    "Job": "job",
    "Workflow": "workflow",
    "Session": "session",
    "Run": "run",
}

Stored = Callable[[Object], bytes]


def submitted(tree: JobTree, stored: Stored) -> NewJob:
    """Return a job with its top-level tasks, which refer to each other by position."""
    job, spec = tree.job, tree.job["spec"]
    if "tasks" in spec:
        entries = [
            _of_list(task, id) for task, id in zip(spec["tasks"], task_ids(job), strict=True)
        ]
    else:
        first = {task["spec"]["key"]: task["spec"] for task in reversed(tree.visible)}
        top = {key: one for key, one in first.items() if not one.get("parent")}
        entries = sorted(top.values(), key=lambda one: int(one["key"]))
    return NewJob(
        id=job_identity(job),
        name=title_of(job),
        tasks=_tasks(entries, spec.get("maxParallel") or {}, stored),
        closed="tasks" in spec or spec.get("closed") is not None,
        style=_STYLES[spec.get("style") or "Job"],
        machine_group=spec.get("machineGroup"),
        metadata=dict(spec.get("metadata") or {}),
    )


def _of_list(task: Object, id: str) -> Object:
    """Return an entry of a Job's list with the names that a Task's spec has for the same."""
    given = {"input": task.get("inputJSON"), "object": task.get("input")}
    return {**task, "key": task["name"], "id": id, **given}


def _tasks(entries: Sequence[Object], limits: Object, stored: Stored) -> list[NewTask]:
    positions = {entry["key"]: position for position, entry in enumerate(entries)}
    tasks = []
    for entry in entries:
        data = _input(entry, stored)
        keys = [key for key in dependency_keys({"spec": entry}) if key in positions]
        tasks.append(
            NewTask(
                id=entry["id"],
                identifier=entry["identifier"],
                version=entry.get("version", "v0.0"),
                source=None,
                input=data,
                refs=tuple(_refs(entry, data, positions)),
                depends_on=tuple(positions[key] for key in keys),
                options=_options(entry, limits),
                key=entry.get("title"),
                display=entry.get("display"),
            )
        )
    return tasks


def _input(entry: Object, stored: Stored) -> bytes:
    if entry.get("object") is not None:
        return json.dumps(entry["object"]).encode()
    return text_or_value(entry, "input", "inputRef", stored) or b"{}"


def _refs(entry: Object, data: bytes, positions: dict[str, int]) -> list[Ref]:
    places = list(unpack_plain(entry.get("inputFrom") or ()))
    value = json.loads(data) if places else None
    return [
        Ref(
            _path(value, place["path"]),
            positions[place["task"]],
            "future" if place.get("kind") == "Future" else "value",
        )
        for place in places
    ]


def _path(value: Any, text: str) -> tuple[str | int, ...]:
    """Return the place that a pointer names in a value, which tells keys from indexes."""
    path: list[str | int] = []
    for step in steps(text):
        fitting = step if isinstance(value, list) else str(step)
        path.append(fitting)
        try:
            value = value[fitting]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(path)


def _options(entry: Object, limits: Object) -> TaskOptions:
    retry = entry.get("retry") or {}
    return TaskOptions(
        max_retries=retry.get("limit", 0),
        backoff=float(retry.get("backoffSeconds", 1)),
        max_backoff=float(retry.get("maxBackoffSeconds", 60)),
        optional=entry.get("failurePolicy") == "Ignore",
        machine_size=entry.get("machineSize"),
        timeout=entry.get("timeoutSeconds"),
        queue_timeout=entry.get("queueTimeoutSeconds"),
        max_parallel=entry.get("maxParallel") or limits.get(entry["identifier"]),
    )
