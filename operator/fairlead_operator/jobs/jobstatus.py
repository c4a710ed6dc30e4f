"""What is written into a Job's status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.api.times import text
from fairlead.api.verdicts import SUCCEEDED, job_verdicts
from fairlead.api.words import camel
from fairlead.core.effects import JobChanged
from fairlead.core.node import Node
from fairlead.core.states import FINAL_TASK_STATES, JobState, TaskState, is_final
from fairlead_operator.jobs.conditions import condition, find, merged
from fairlead_operator.jobs.hindered import Conditions, freed
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.runners.failures import with_remedy

Body = dict[str, Any]

_NAMES = {
    TaskState.QUEUED: "queued",
    TaskState.RUNNING: "running",
    TaskState.COMPUTED: "computed",
    TaskState.COMPLETED: "completed",
    TaskState.FAILED: "failed",
    TaskState.FAILED_OPTIONAL: "failedOptional",
    TaskState.SKIPPED: "skipped",
    TaskState.CANCELLED: "cancelled",
}

FIELDS = ("state", "reason", "run", "startTime", "completionTime", "failure")


def numbers(states: Iterable[TaskState]) -> Body:
    """Return how many tasks there are by state, and how many have ended of how many."""
    count = Counter(states)
    total = count.total()
    ended = sum(count[state] for state in FINAL_TASK_STATES)
    tasks = {"total": total} | {name: count[state] for state, name in _NAMES.items()}
    return {"tasks": tasks, "progress": f"{ended}/{total}"}


def opened(job: JobRecord, total: int, now: float) -> Body:
    """Return what says that all tasks of the job's run are there now."""
    queued = numbers([TaskState.QUEUED] * total)
    before = {name: None for name in FIELDS if name in job.status}
    return before | state_of(job, job.status, JobState.QUEUED, run=job.run, now=now) | queued


def refused(job: JobRecord, reason: str, message: str, now: float) -> Body:
    """Return what ends a job whose tasks cannot be made."""
    body = state_of(
        job, job.status, JobState.FAILED, run=job.run, reason=reason, message=message, now=now
    )
    return body | {"completionTime": text(now)} | numbers([])


def seen_again(job: JobRecord, now: float) -> Body:
    """Return what says that the spec of a job that has ended was taken note of."""
    return state_of(
        job,
        job.status,
        job.state,
        run=job.status_run,
        reason=job.status.get("reason"),
        message=message_in(job.status),
        now=now,
    )


def state_of(
    job: JobRecord,
    before: Mapping[str, Any],
    state: JobState,
    *,
    run: int,
    now: float,
    reason: str | None = None,
    why: str | None = None,
    message: str = "",
) -> Body:
    """Return state, reason and conditions.

    ``before`` is the status so far.  ``why`` is the conditions' reason where it is not the
    state's: the cause while a job is failing.
    """
    shown = why or reason or camel(state)
    new = [
        condition(type_, status, shown, message, now, job.generation)
        for type_, status in job_verdicts(state).items()
    ]
    conditions: Conditions = merged(before.get("conditions") or (), new)
    if is_final(state):
        conditions = freed(conditions, now, job.generation) or conditions
    return {
        "state": camel(state),
        "reason": reason,
        "run": run,
        "observedGeneration": job.generation,
        "conditions": conditions,
    }


def changed(
    job: JobRecord,
    before: Mapping[str, Any],
    run: int,
    effect: JobChanged,
    failure: Mapping[str, Any] | None,
    now: float,
) -> Body:
    """Return what the core's change of a job's state is written as."""
    message = _message(effect, failure)
    body = state_of(
        job,
        before,
        effect.state,
        run=run,
        reason=effect.reason,
        why=effect.cause,
        message=message,
        now=now,
    )
    if failure is not None:
        body["failure"] = failure
    if is_final(effect.state):
        body["completionTime"] = text(now)
    return body


def _message(effect: JobChanged, failure: Mapping[str, Any] | None) -> str:
    if failure is not None:
        what = f"{failure['identifier']} ({failure['task']}) ended with {failure['kind']}"
        about = ": ".join(text for text in (failure["type"], failure["message"]) if text)
        return with_remedy(failure["kind"], f"{what}: {about}" if about else what)
    return MESSAGES.get(effect.cause or "", "")


MESSAGES = {
    "TaskDeleted": "A Task of the job was deleted before it had ended. It is not made again:"
    " raise spec.run to run what is left.",
    "DeadlineExceeded": "The job ran longer than spec.deadlineSeconds. Raise spec.run to go on with"
    " what is left, or submit it with more time.",
    "JobCancelled": "The job was cancelled: spec.desired is Cancelled.",
}
"""What stands in the conditions beside a cause that is no task's failure."""


def message_in(status: Mapping[str, Any]) -> str:
    """Return the message that stands in a status's conditions."""
    found = find(status.get("conditions") or (), SUCCEEDED)
    return found.get("message", "") if found is not None else ""


def failure_of(record: TaskRecord, kind: str, type_: str, message: str) -> Mapping[str, Any]:
    """Return the first failure of a job."""
    return {
        "task": record.name,
        "identifier": record.facts.identifier,
        "kind": kind[:64],
        "type": type_,
        "message": message,
    }


def states(nodes: Iterable[Node]) -> Iterable[TaskState]:
    """Yield the states of a graph's nodes."""
    return (node.state for node in nodes)
