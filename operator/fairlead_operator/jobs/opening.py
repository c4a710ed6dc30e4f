"""The Tasks that a run of a job begins with.

The first run makes those of ``spec.tasks``; a later one makes anew what did not succeed.
What is to be made follows from the Job and from the Tasks of earlier runs alone, so that
whoever begins again in the middle makes the same.  Only when all of it is there does the
job's status say that the run is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.api import labels
from fairlead.api.constants import API_VERSION, MAX_INLINE, MAX_JOB_TASKS
from fairlead.api.names import last_word, task_name
from fairlead.api.reading import MAX_LEVELS, is_deeper
from fairlead.core.ids import IdSequence
from fairlead.core.node import NodeSpec, TaskPolicy
from fairlead.core.renewal import renew
from fairlead.core.specs import check_specs
from fairlead.core.states import JobState, TaskState
from fairlead.errors import DependencyError, DuplicateTaskError
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.nodes import observe
from fairlead_operator.jobs.selecting import Selection, select
from fairlead_operator.jobs.tasks import TaskRecord, dependencies

Body = dict[str, Any]

Defaults = Callable[[str, str, str], Mapping[str, Any]]
"""From identifier, version and Release, what the definition says where the task does not:
``retry``, ``timeoutSeconds``, ``maxParallel`` as in a Task's spec."""


class InvalidJobError(Exception):
    """The tasks of a job cannot be made.  ``reason`` is one word for its conditions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Copy:
    """A Task that is made anew for a later run, with the spec of an earlier one."""

    old: str
    name: str
    id: str
    run: int


@dataclass(slots=True)
class Opening:
    """What a run begins with.

    Attributes
    ----------
    create
        The bodies of Tasks that are not there yet.
    copy
        Those whose spec is to be read from the Task that they replace.
    total
        How many Tasks count in the run once all of that is there.
    """

    create: list[Body] = field(default_factory=list)
    copy: list[Copy] = field(default_factory=list)
    total: int = 0


def plan(
    job: JobRecord, raw: Mapping[str, Any], records: Iterable[TaskRecord], defaults: Defaults
) -> Opening:
    """Return what is still to be made for the run that is wanted.

    Parameters
    ----------
    job, raw
        The job, and as the API server shows it, with the tasks of its spec.
    records
        All its Tasks.

    Raises
    ------
    InvalidJobError
        If the tasks of its spec cannot be made.
    """
    check(raw["spec"].get("tasks") or ())
    records = list(records)
    opening = Opening()
    there = {record.name for record in records}
    later = bool(job.status_run)
    kept = _renew(job, records, there, opening) if later else select(job, records, job.run)
    known = {record.facts.key for record in kept.tasks if record.facts.is_top}
    opening.total = len(kept.tasks)
    for position, task in enumerate(raw["spec"].get("tasks") or ()):
        if task["name"] not in known:
            opening.total += 1
            body = task_body(job, raw, position, defaults)
            if body["metadata"]["name"] not in there:
                opening.create.append(body)
    return opening


# --- what is wrong with it ----------------------------------------------------------------


def check(tasks: Sequence[Mapping[str, Any]]) -> None:
    """Refuse tasks that cannot run together, or whose input does not fit into an object."""
    policy = TaskPolicy()
    specs = [NodeSpec(task["name"], None, _needs(task), policy, task["name"], "") for task in tasks]
    try:
        check_specs(specs, (), lambda _key: False)
    except (DependencyError, DuplicateTaskError) as error:
        raise InvalidJobError("InvalidGraph", f"spec.tasks: {error}.") from None
    for task in tasks:
        if is_deeper(task.get("input"), MAX_LEVELS):
            raise InvalidJobError(
                "InputTooDeep",
                f"spec.tasks: the input of task {task['name']!r} has more than {MAX_LEVELS} levels"
                " of objects and lists; make it flatter, or let the task read it from a file.",
            )
        size = len(_input(task) or "")
        if size > MAX_INLINE:
            raise InvalidJobError(
                "InputTooLarge",
                f"spec.tasks: the input of task {task['name']!r} has {size} characters as JSON,"
                f" and a Task holds {MAX_INLINE}; put it into the object store and name it in"
                " inputRef, as the SDK does, or let the task read it from elsewhere.",
            )


def _needs(task: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key for packed in dependencies(task) for key in _expanded(packed, task["name"]))


def _expanded(packed: str, name: str) -> Iterable[str]:
    """Return the keys that stand for a counted reference."""
    first, colon, after = packed.partition(":")
    if not colon:
        return (packed,)
    if int(after) - int(first) > MAX_JOB_TASKS:
        raise InvalidJobError(
            "InvalidGraph",
            f"spec.tasks: inputFrom of task {name!r} refers to {int(after) - int(first)} tasks,"
            f" and a Job has at most {MAX_JOB_TASKS}.",
        )
    return map(str, range(int(first), int(after)))


# --- the tasks of the spec ----------------------------------------------------------------


def task_body(job: JobRecord, raw: Mapping[str, Any], position: int, defaults: Defaults) -> Body:
    """Return the Task of one of the job's tasks."""
    task: Mapping[str, Any] = raw["spec"]["tasks"][position]
    key = task["name"]
    identity = task.get("id") or IdSequence(job.id, 0, job.created).id(position)
    name = task_name(job.name, key, parent_uid=job.uid, run=job.run, attempt=0, key=key)
    return {
        "apiVersion": API_VERSION,
        "kind": "Task",
        "metadata": metadata(job, name, key, identity, labels.parent_attempt(job.uid, 0)),
        "spec": _spec(job, task, identity, defaults),
    }


def metadata(job: JobRecord, name: str, key: str, identity: str, siblings: str) -> Body:
    """Return the metadata of a Task of the job."""
    return {
        "name": name,
        "namespace": job.namespace,
        "labels": {
            labels.JOB: job.name,
            labels.JOB_UID: job.uid,
            labels.KEY: key,
            labels.ID: identity,
            labels.PARENT_ATTEMPT: siblings,
        },
        "ownerReferences": [
            {
                "apiVersion": API_VERSION,
                "kind": "Job",
                "name": job.name,
                "uid": job.uid,
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }


_COPIED = (
    "identifier",
    "version",
    "title",
    "inputRef",
    "inputFrom",
    "retry",
    "failurePolicy",
    "timeoutSeconds",
    "queueTimeoutSeconds",
    "graceSeconds",
    "display",
)
"""What a Task has as the Job's task has it."""


def _spec(job: JobRecord, task: Mapping[str, Any], identity: str, defaults: Defaults) -> Body:
    spec: Body = dict(defaults(task["identifier"], task["version"], job.release))
    spec.update({name: task[name] for name in _COPIED if task.get(name) is not None})
    bounds = [job.max_parallel.get(task["identifier"]), spec.get("maxParallel")]
    more = {
        "jobName": job.name,
        "jobUID": job.uid,
        "run": job.run,
        "key": task["name"],
        "id": identity,
        "depth": 0,
        "input": _input(task),
        "dependsOn": list(dependencies(task)) or None,
        "release": job.release,
        "machineSize": task.get("machineSize") or job.size,
        "machineGroup": job.group,
        "traceparent": job.traceparent,
        # Whoever wrote the definition knows why no more may run.
        "maxParallel": min((bound for bound in bounds if bound is not None), default=None),
    }
    return spec | {name: value for name, value in more.items() if value not in (None, "")}


def _input(task: Mapping[str, Any]) -> str | None:
    text: str | None = task.get("inputJSON")
    if text is not None:
        return text
    given = task.get("input")
    return None if given is None else json.dumps(given, ensure_ascii=False, separators=(",", ":"))


# --- a later run ----------------------------------------------------------------------------


def _renew(
    job: JobRecord, records: Sequence[TaskRecord], there: set[str], opening: Opening
) -> Selection:
    """Plan the Tasks that are made anew; return those that count afterwards, but for new ones."""
    selection = select(job, records, job.status_run)
    observed = observe(job, selection, job.status_run).job
    tasks = list(observed.tasks)
    for task in tasks:
        if str(task.spec.key) in selection.incomplete and task.state is TaskState.COMPUTED:
            # Subtasks of it were deleted.  Only it can make them again.
            task.state = TaskState.CANCELLED
    # A run that ended well can be followed by another: nothing runs again in it.
    renewal = renew(replace(observed, tasks=tasks, state=JobState.FAILED))
    by_name = {record.name: record for record in selection.tasks}
    for key in renewal.renewed:
        copy = _copy(job, by_name[str(key)])
        if copy.name not in there:
            opening.copy.append(copy)
    left = {str(key) for key in (*renewal.kept, *renewal.renewed)}
    selection.tasks = [record for record in selection.tasks if record.name in left]
    return selection


def _copy(job: JobRecord, old: TaskRecord) -> Copy:
    facts = old.facts
    name = task_name(
        job.name,
        _word(old),
        parent_uid=facts.parent_uid,
        run=job.run,
        attempt=facts.parent_attempt,
        key=facts.key,
    )
    identity = IdSequence(f"{facts.id or facts.uid}/run", job.run, facts.created).id(0)
    return Copy(facts.name, name, identity, job.run)


def _word(old: TaskRecord) -> str:
    """Return the readable part of a Task's name: its key, or for a subtask what it runs."""
    return old.facts.key if old.facts.is_top else last_word(old.facts.identifier)


def copied_body(job: JobRecord, copy: Copy, old: Mapping[str, Any]) -> Body:
    """Return the Task that replaces another in a later run."""
    spec = {name: value for name, value in old["spec"].items() if name != "creator"}
    spec |= {"run": copy.run, "id": copy.id}
    siblings = old["metadata"]["labels"][labels.PARENT_ATTEMPT]
    return {
        "apiVersion": API_VERSION,
        "kind": "Task",
        "metadata": metadata(job, copy.name, spec["key"], copy.id, siblings),
        "spec": spec,
    }
