"""What is written into a Task's status.  Merge patches: None takes a field away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.api.times import text
from fairlead.api.words import camel
from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs.asking import Grant
from fairlead_operator.jobs.conditions import condition, find, merged
from fairlead_operator.jobs.tasks import SHORT, TaskRecord

Body = dict[str, Any]

STARTING = "Starting"
"""Reason of a queued task whose runner is being made."""

RUNNABLE = "Runnable"
"""The condition of a Task that says why it does not start."""

REASON = 1024
"""The longest reason that the API server takes."""

MAX_ATTEMPTS_SHOWN = 20
"""How many ended attempts a Task remembers, as its definition says."""

TRACEBACKS = 4
"""How many of the latest ended attempts are remembered with their tracebacks."""

_REPORTS = (
    "outcome",
    "result",
    "resultRef",
    "resultFrom",
    "children",
    "progress",
    "progressDetails",
    "statusText",
    "startTime",
    "deliveryTime",
)
"""What an attempt has reported, which the next one begins without."""


def started(record: TaskRecord, attempt: int, grant: Grant, now: float) -> Body:
    """Return what gives an attempt to a pod.  A runner that is there runs it from now on."""
    body: Body = {
        "state": "Running" if grant.warm else "Queued",
        "reason": None if grant.warm else STARTING,
        "attempt": attempt,
        "podName": grant.pod_name,
        "size": grant.size,
        "release": grant.release,
        "assignTime": text(now),
    }
    if record.not_before is not None:
        body["notBefore"] = None
    if record.conditions:
        body["conditions"] = runnable(record, None, "", now)
    return body


def tried_again(
    record: TaskRecord,
    reason: str | None,
    user_failures: int,
    platform_failures: int,
    not_before: float | None,
    size: str = "",
) -> Body:
    """Return what lets a task wait for its next attempt, on another ``size`` if one is given."""
    body: Body = dict.fromkeys(_REPORTS)
    body["state"] = "Queued"
    body["reason"] = reason and reason[:REASON]
    body["podName"] = None
    body["stop"] = None
    body["userFailures"] = user_failures
    body["platformFailures"] = platform_failures
    body["notBefore"] = None if not_before is None else text(not_before)
    if size:
        body["size"] = size
    return body


def ended(state: Any, reason: str | None, now: float) -> Body:
    """Return what makes a task final."""
    return {"state": camel(state), "reason": reason and reason[:REASON], "endTime": text(now)}


def attempt_record(
    record: TaskRecord, kind: OutcomeKind, message: str, now: float
) -> Mapping[str, Any]:
    """Return what is remembered of an attempt that has ended."""
    outcome = record.reported
    end = now if outcome is None or outcome.time is None else outcome.time
    body: Body = {
        "attempt": record.attempt,
        "kind": camel(kind),
        "podName": record.pod_name,
        "size": record.size,
        "endTime": text(end),
        "message": message[:SHORT],
    }
    if record.started is not None:
        body["startTime"] = text(record.started)
    if outcome is not None:
        more = {
            "version": outcome.version,
            "type": outcome.type,
            "module": outcome.module,
            "traceback": outcome.traceback,
            "usage": outcome.usage,
        }
        body.update({name: value for name, value in more.items() if value})
    return body


def with_attempt(
    attempts: Sequence[Mapping[str, Any]], ended: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the ended attempts with one more; the oldest are forgotten."""
    before = [one for one in attempts if one.get("attempt") != ended["attempt"]]
    kept = [*before, ended][-MAX_ATTEMPTS_SHOWN:]
    return [*map(_without_traceback, kept[:-TRACEBACKS]), *kept[-TRACEBACKS:]]


def _without_traceback(attempt: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in attempt.items() if name != "traceback"}


def runnable(
    record: TaskRecord, reason: str | None, message: str, now: float
) -> list[Mapping[str, Any]]:
    """Return a Task's conditions where nothing, or ``reason``, keeps it from starting."""
    one = condition(RUNNABLE, reason is None, reason or "Started", message, now)
    return merged(record.conditions, [one])


def not_runnable(record: TaskRecord) -> tuple[str, str]:
    """Return reason and message of what is said to keep a task from starting, or nothing."""
    found = find(record.conditions, RUNNABLE)
    if found is None or found["status"] != "False":
        return "", ""
    return found["reason"], found.get("message", "")
