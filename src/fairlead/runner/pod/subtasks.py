"""The Tasks that an attempt makes: how they look, and writing them.

They are written before the attempt's last write, which commits them by their number.
Their names follow from the attempt and their place in it, so that writing them again, after
a lost reply, finds them there.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from fairlead.api import labels
from fairlead.api.constants import API_VERSION, MAX_CHILDREN, MAX_DEPENDENCIES
from fairlead.api.names import last_word, readable, task_name
from fairlead.api.pointers import pointer
from fairlead.api.ranges import pack_keys, pack_plain
from fairlead.errors import InvalidRequestError, LimitExceededError
from fairlead.runner.pod.assignment import Assignment, Object
from fairlead.runner.pod.errors import NotHeldError, RefusedError
from fairlead.runner.pod.patience import insistently, patiently
from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.values import Values
from fairlead.sdk.backend import DEFAULT_OPTIONS, NewTask, Ref, TaskOptions

CONNECTIONS = 8
"""Tasks that are written at the same time."""

MAX_POINTER = 512


class TakenError(Exception):
    """The name of a subtask is taken by an object that this attempt has not made."""


def word_of(task: NewTask) -> str:
    """Return the readable part of a subtask's name."""
    return readable(last_word(task.identifier))


def result_reference(ref: Ref, tasks: Sequence[NewTask]) -> dict[str, Any]:
    """Return a reference by position among the subtasks as it stands in an object."""
    place = pointer(ref.path)
    if len(place) > MAX_POINTER:
        raise InvalidRequestError(
            f"a future stands at a place whose path has {len(place)} characters, and at most"
            f" {MAX_POINTER} can be kept: {place[:80]}..."
        )
    return {
        "path": place,
        "task": str(ref.task),
        "word": word_of(tasks[int(ref.task)]),
        "kind": "Value" if ref.kind == "value" else "Future",
    }


def packed_references(refs: Sequence[Ref], tasks: Sequence[NewTask]) -> list[dict[str, Any]]:
    """Return references with runs of them joined to one."""
    return _bounded(pack_plain(result_reference(ref, tasks) for ref in refs), "results")


def _packed_keys(positions: Sequence[int | str]) -> list[str]:
    return _bounded(pack_keys(map(str, sorted(int(one) for one in positions))), "tasks")


def _bounded(entries: list[Any], what: str) -> list[Any]:
    if len(entries) > MAX_DEPENDENCIES:
        raise LimitExceededError(
            f"a subtask refers to {what} in {len(entries)} places that do not follow each other,"
            f" and at most {MAX_DEPENDENCIES} can be kept; collect them in steps"
        )
    return entries


class Subtasks:
    """Builds the Tasks of one attempt.

    Parameters
    ----------
    release
        The Release that the pod runs, which default identifiers are bound to.
    """

    def __init__(
        self, assignment: Assignment, pod: str, pod_uid: str, release: str, values: Values
    ) -> None:
        self._assignment = assignment
        self._pod = pod
        self._pod_uid = pod_uid
        self._release = release
        self._values = values

    def build(self, tasks: Sequence[NewTask], position: int) -> Object:
        """Return the Task object of one subtask."""
        task, key = tasks[position], str(position)
        family = self._assignment.own_children
        spec = {
            **self._inherited(),
            "key": key,
            "id": task.id,
            "title": task.key,
            "identifier": task.identifier,
            "version": task.version,
            "release": self._release_of(task),
            "dependsOn": _packed_keys(task.depends_on),
            "inputFrom": packed_references(task.refs, tasks),
            "display": task.display,
            **self._values.written("input", task.input, f"the input of subtask {key}"),
            **written_options(task.options),
        }
        name = task_name(
            family.job,
            word_of(task),
            parent_uid=family.parent_uid,
            run=family.run,
            attempt=family.attempt,
            key=key,
        )
        return {
            "apiVersion": API_VERSION,
            "kind": "Task",
            "metadata": self._metadata(name, key, task.id),
            "spec": {field: value for field, value in spec.items() if value not in (None, [])},
        }

    def _inherited(self) -> dict[str, Any]:
        """Return what a subtask has of the task that makes it."""
        one = self._assignment
        spec = one.spec
        kept = ("jobName", "jobUID", "run", "machineGroup", "graceSeconds", "traceparent")
        return {
            **{field: spec.get(field) for field in kept},
            "depth": int(spec.get("depth") or 0) + 1,
            "parent": {"name": one.name, "uid": one.uid, "attempt": one.attempt},
            "creator": {"podUID": self._pod_uid, "podName": self._pod},
        }

    def _release_of(self, task: NewTask) -> str | None:
        """Return the only Release that may run a subtask, if there is one."""
        own: str | None = self._assignment.spec.get("release")
        return own if task.source is None else self._release

    def _metadata(self, name: str, key: str, id_: str) -> Object:
        spec = self._assignment.spec
        owner = {
            "apiVersion": API_VERSION,
            "kind": "Job",
            "name": spec["jobName"],
            "uid": spec["jobUID"],
            "blockOwnerDeletion": False,
        }
        return {
            "name": name,
            "labels": {
                labels.JOB: spec["jobName"],
                labels.JOB_UID: spec["jobUID"],
                labels.KEY: key,
                labels.ID: id_,
                labels.PARENT_ATTEMPT: self._assignment.own_children.label,
            },
            "ownerReferences": [owner],
        }


def written_options(options: TaskOptions) -> dict[str, Any]:
    """Return a task's options as fields of its spec; times are rounded up to seconds."""
    return {
        "retry": _retry(options),
        "failurePolicy": "Ignore" if options.optional else None,
        "machineSize": options.machine_size,
        "maxParallel": options.max_parallel,
        "timeoutSeconds": _seconds(options.timeout),
        "queueTimeoutSeconds": _seconds(options.queue_timeout),
    }


def _retry(options: TaskOptions) -> dict[str, int] | None:
    plain = DEFAULT_OPTIONS
    given = (options.max_retries, options.backoff, options.max_backoff)
    if given == (plain.max_retries, plain.backoff, plain.max_backoff):
        return None
    backoff = math.ceil(options.backoff)
    return {
        "limit": options.max_retries,
        "backoffSeconds": backoff,
        "maxBackoffSeconds": max(backoff, math.ceil(options.max_backoff)),
    }


def _seconds(given: float | None) -> int | None:
    return None if given is None else max(1, math.ceil(given))


class Writer:
    """Writes the subtasks of one attempt, several at a time.

    Parameters
    ----------
    still_held
        Asks whether the attempt's task is held, after something was refused.
    lost
        Is set once it is not.
    step
        Is called with each subtask that is made.
    """

    def __init__(
        self,
        api: TaskApi,
        still_held: Callable[[], bool],
        lost: threading.Event,
        step: Callable[[], None],
    ) -> None:
        self._step = step
        self._api = api
        self._still_held = still_held
        self._lost = lost

    def write(self, tasks: Sequence[NewTask], builder: Subtasks) -> None:
        """Make all of them.

        Raises
        ------
        LimitExceededError
            If there are too many.
        RefusedError
            If one of them is nothing that the API server takes.
        TakenError
            If somebody else has made an object of a subtask's name.
        NotHeldError
            If the task that makes them is not held any more.
        """
        if len(tasks) > MAX_CHILDREN:
            raise LimitExceededError(
                f"{len(tasks)} subtasks are more than the {MAX_CHILDREN} that one task may make;"
                f" make them in steps"
            )
        if len(tasks) == 1:
            self._make(builder.build(tasks, 0))
            return

        def make(position: int) -> None:
            self._make(builder.build(tasks, position))

        with ThreadPoolExecutor(CONNECTIONS, "fairlead-subtasks") as pool:
            made = [pool.submit(make, position) for position in range(len(tasks))]
            try:
                for one in as_completed(made):
                    one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _make(self, task: Object) -> None:
        def create() -> None:
            if self._lost.is_set():
                raise NotHeldError("the task that makes subtasks is not held any more")
            self._api.create(task)
            self._step()

        insistently(create, lambda refused: self._is_there(task, refused), self._lost)

    def _is_there(self, task: Object, refused: RefusedError) -> bool:
        """Find out what a refusal means; return whether the Task is made."""
        if refused.status == 409 and refused.reason == "AlreadyExists":
            return self._is_ours(task)
        if not self._still_held():
            raise NotHeldError("the task that makes subtasks is not held any more") from refused
        if refused.is_about_the_content:
            raise refused
        return False  # a quota, or a token that was renewed late: try again

    def _is_ours(self, task: Object) -> bool:
        name, spec = task["metadata"]["name"], task["spec"]
        try:
            there = patiently(lambda: self._api.get(name), self._lost)
        except RefusedError:
            return False  # it went away meanwhile
        if (there["spec"].get("creator") or {}).get("podUID") == spec["creator"]["podUID"] and (
            there["spec"].get("parent") == spec["parent"]
        ):
            return True
        raise TakenError(f"the name {name} of a subtask is taken by an object of somebody else")
