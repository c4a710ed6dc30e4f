"""What the SDK submits, as the API has it: entries of a Job's list, or Tasks of an open Job."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from fairlead.api import labels
from fairlead.api.constants import API_VERSION, MAX_INLINE
from fairlead.api.names import task_name
from fairlead.api.pointers import pointer
from fairlead.api.ranges import pack_keys, pack_plain
from fairlead.backends.kubernetes.words import whole_seconds
from fairlead.errors import BackendError, InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.backend import NewTask, Ref, TaskOptions

MAX_REFERENCES = 1000
"""The most references to results in one task, those that count up counted once."""

KeyOf = Callable[[int | str], str]
"""Returns the key of a task by its position among those submitted with it, or by its id."""

Put = Callable[[bytes], Mapping[str, Any]]
"""Keeps a value in the object store and returns the reference to it."""


def no_store(data: bytes) -> Mapping[str, Any]:
    """Refuse a value that is too large for an object where there is no object store."""
    raise InvalidRequestError(
        f"an input of {len(data)} bytes is more than the {MAX_INLINE} that fit into a Task; give"
        " the object store of the cluster, which takes any: set FAIRLEAD_STORE to its URL"
    )


class Writer:
    """Writes tasks that are submitted together.

    Parameters
    ----------
    key_of
        Finds the key of a task that is referred to.
    put
        Keeps large inputs.
    """

    def __init__(self, key_of: KeyOf, put: Put) -> None:
        self._key_of = key_of
        self._put = put

    def entry(self, task: NewTask, key: str) -> dict[str, Any]:
        """Return a task as an entry of a Job's list."""
        entry = {"name": key, **self._common(task), **self._input(task, "inputJSON")}
        depends_on = self._depends_on(task)
        if depends_on:
            entry["dependsOn"] = depends_on
        return entry

    def spec(self, task: NewTask, key: str) -> dict[str, Any]:
        """Return a task as the spec of a Task, but for what says whose it is."""
        spec = {"key": key, **self._common(task), **self._input(task, "input")}
        depends_on = pack_keys(self._depends_on(task))
        if depends_on:
            spec["dependsOn"] = depends_on
        if task.options.max_parallel is not None:
            spec["maxParallel"] = task.options.max_parallel
        return spec

    def _common(self, task: NewTask) -> dict[str, Any]:
        named: dict[str, Any] = {"id": task.id, "identifier": task.identifier}
        named["version"] = task.version
        if task.key is not None:
            named["title"] = task.key
        if task.display is not None:
            named["display"] = task.display
        references = self._references(task)
        if references:
            named["inputFrom"] = references
        return {**named, **_options(task.options)}

    def _input(self, task: NewTask, name: str) -> dict[str, Any]:
        if len(task.input) <= MAX_INLINE:
            return {name: task.input.decode()}
        return {"inputRef": dict(self._put(task.input))}

    def _depends_on(self, task: NewTask) -> list[str]:
        return list(dict.fromkeys(self._key_of(other) for other in task.depends_on))

    def _references(self, task: NewTask) -> list[dict[str, Any]]:
        places = [self._reference(ref) for ref in task.refs]
        packed = pack_plain(places)
        if len(packed) > MAX_REFERENCES:
            raise InvalidRequestError(
                f"{task.identifier} takes the results of {len(places)} tasks in {len(packed)} rows;"
                f" a task takes at most {MAX_REFERENCES}. Give it one list of futures in their"
                " order of submission, which counts as one"
            )
        return packed

    def _reference(self, ref: Ref) -> dict[str, Any]:
        plain = {"path": pointer(ref.path), "task": self._key_of(ref.task)}
        return plain if ref.kind == "value" else {**plain, "kind": "Future"}


def _options(options: TaskOptions) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if options.max_retries:
        given["retry"] = _retry(options)
    if options.optional:
        given["failurePolicy"] = "Ignore"
    if options.machine_size is not None:
        given["machineSize"] = options.machine_size
    if options.timeout is not None:
        given["timeoutSeconds"] = whole_seconds(options.timeout)
    if options.queue_timeout is not None:
        given["queueTimeoutSeconds"] = max(whole_seconds(options.queue_timeout), 1)
    if os.environ.get(settings.GRACE.name, "").strip():
        given["graceSeconds"] = whole_seconds(settings.grace())
    return given


def _retry(options: TaskOptions) -> dict[str, Any]:
    pause, most = whole_seconds(options.backoff), whole_seconds(options.max_backoff)
    return {
        "limit": options.max_retries,
        "backoffSeconds": min(pause, most),
        "maxBackoffSeconds": most,
    }


def stored_input(namespace: str, data: bytes) -> dict[str, Any]:
    """Return the reference to an input in the object store; its place is its content's sum."""
    total = sha256(data).hexdigest()
    return {"key": f"inputs/{namespace}/{total}", "sha256": total, "size": len(data)}


def task_object(job_name: str, job_uid: str, run: int, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a Task at the top level of a Job, made by whoever submits it."""
    key = spec["key"]
    name = task_name(job_name, key, parent_uid=job_uid, run=run, attempt=0, key=key)
    owner = {
        "apiVersion": API_VERSION,
        "kind": "Job",
        "name": job_name,
        "uid": job_uid,
        "blockOwnerDeletion": False,
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "Task",
        "metadata": {
            "name": name,
            "labels": {
                labels.JOB: job_name,
                labels.JOB_UID: job_uid,
                labels.KEY: key,
                labels.ID: spec["id"],
                labels.PARENT_ATTEMPT: labels.parent_attempt(job_uid, 0),
            },
            "ownerReferences": [owner],
        },
        "spec": {"jobName": job_name, "jobUID": job_uid, "run": run, **spec},
    }


def check_inputs(tasks: Sequence[NewTask]) -> None:
    """Refuse inputs that no JSON text of an object can hold."""
    for task in tasks:
        try:
            task.input.decode()
        except UnicodeDecodeError as error:
            raise BackendError(f"the input of {task.identifier} is no UTF-8: {error}") from None
