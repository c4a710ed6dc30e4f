"""Why a task or a job did not succeed, from what their objects say."""

from __future__ import annotations

import json
from typing import Any

from fairlead import errors
from fairlead.api.times import seconds
from fairlead.backends.kubernetes.words import (
    Object,
    job_state,
    outcome_word,
    status_of,
    task_state,
)
from fairlead.core.states import JobState, TaskState
from fairlead.errors import TaskCancelledError, TaskError
from fairlead.sdk.backend import AttemptUsage, AttemptView, Failure

_FAILED = frozenset({TaskState.FAILED, TaskState.FAILED_OPTIONAL})
_ENDED_WELL = "Succeeded"


def failure_of_task(task: Object) -> Failure | None:
    """Return what a failed Task failed with; None for any other."""
    if task_state(task) not in _FAILED:
        return None
    status = status_of(task)
    outcome = status.get("outcome")
    if outcome and outcome.get("kind") != _ENDED_WELL:
        return failure_of(outcome)
    attempts = status.get("attempts") or ()
    if attempts and attempts[-1].get("kind") != _ENDED_WELL:
        return failure_of(attempts[-1])
    return _never_started(task)


def failure_of(ended: Object) -> Failure:
    """Return what an attempt failed with, from its outcome or its record."""
    arguments = ended.get("arguments")
    return Failure(
        kind=outcome_word(ended["kind"]),
        type=ended.get("type") or "",
        message=ended.get("message") or "",
        module=ended.get("module") or "",
        arguments=None if arguments is None else list(json.loads(arguments)),
        traceback=ended.get("traceback") or "",
    )


def _never_started(task: Object) -> Failure:
    reason = status_of(task).get("reason") or ""
    _, _, why = reason.partition(": ")
    if not reason.startswith("QueueTimeout"):
        return explained(
            TaskError(f"{_named(task)} never started: {why or reason}"), "NEVER_STARTED"
        )
    error = TimeoutError(
        f"{_named(task)} never started: {why or reason}. Give it more time, or see why no runner"
        " came up for it."
    )
    return explained(error, "QUEUE_TIMEOUT")


def failure_of_job(job: Object, first_failed: Object | None) -> Failure | None:
    """Return why a Job failed: what its first failed Task says, where that is known."""
    if job_state(job) is not JobState.FAILED:
        return None
    told = status_of(job).get("failure")
    if first_failed is not None:
        if task_state(first_failed) is TaskState.CANCELLED and not (told or {}).get("type"):
            error = TaskCancelledError(f"{_named(first_failed)} was cancelled")
            return explained(error, "CANCELLED")
        found = failure_of_task(first_failed)
        if found is not None:
            return found
    if told:
        kind, type_, message = told["kind"], told.get("type", ""), told.get("message", "")
        module = errors.__name__ if hasattr(errors, type_ or " ") else ""
        return Failure(outcome_word(kind), type_, message, module, None)
    return _condition(job)


def _condition(job: Object) -> Failure | None:
    """Return what the conditions say of a job that failed without any task."""
    for condition in status_of(job).get("conditions") or ():
        if condition["type"] == "Failed" and condition["status"] == "True":
            return Failure(condition["reason"], condition["reason"], condition.get("message", ""))
    return None


def _named(task: Object) -> str:
    return f"task {task['spec']['identifier']} ({task['spec'].get('id')})"


def explained(error: Exception, kind: str) -> Failure:
    """Return the failure that an error is; its own class is raised from it again."""
    cls = type(error)
    return Failure(kind, cls.__name__, str(error), cls.__module__, [str(error)])


def attempt_views(task: Object) -> list[AttemptView]:
    """Return the attempts of a Task in order, the present or successful one last."""
    status = status_of(task)
    records = status.get("attempts") or ()
    # One that was handed back before its code began was no execution.
    views = [_ended(one) for one in records if one.get("startTime") or one["kind"] != "Released"]
    present = status.get("attempt") or 0
    if present and status.get("startTime") and all(one.attempt != present for one in views):
        views.append(_present(status, present))
    return views


def _ended(record: Object) -> AttemptView:
    return AttemptView(
        attempt=record["attempt"],
        started=seconds(record.get("startTime") or record.get("endTime")) or 0.0,
        ended=seconds(record.get("endTime")),
        outcome="SUCCEEDED" if record["kind"] == _ENDED_WELL else outcome_word(record["kind"]),
        version=record.get("version") or "",
        failure=None if record["kind"] == _ENDED_WELL else failure_of(_without_type(record)),
        usage=_usage_of(record),
    )


def _without_type(record: Object) -> Object:
    """Return a record whose message, which is a line for people, does not name the type again."""
    type_ = record.get("type") or ""
    message = record.get("message") or ""
    return {**record, "message": message.removeprefix(f"{type_}: ") if type_ else message}


def _present(status: Object, attempt: int) -> AttemptView:
    outcome: dict[str, Any] = status.get("outcome") or {}
    failed = outcome and outcome["kind"] != _ENDED_WELL
    return AttemptView(
        attempt=attempt,
        started=seconds(status.get("startTime")) or 0.0,
        ended=seconds(outcome.get("time") or status.get("endTime")),
        outcome=outcome_word(outcome.get("kind") or status["state"]),
        version=outcome.get("version") or "",
        failure=failure_of(outcome) if failed else None,
        usage=_usage_of(outcome),
    )


def _usage_of(ended: Object) -> AttemptUsage | None:
    """Return what an attempt took, from its outcome or its record."""
    usage = ended.get("usage")
    if usage is None:
        return None
    return AttemptUsage(
        usage.get("wallMilliseconds", 0) / 1000,
        usage.get("cpuMilliseconds", 0) / 1000,
        usage.get("peakMemoryBytes", 0),
    )
