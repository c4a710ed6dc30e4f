"""The API's words and times as the SDK has them, and back.

Objects are read as the API server gives them, as plain dictionaries: to check thousands of
them against their models once more would take longer than to fetch them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fairlead.api.times import seconds
from fairlead.api.words import JOB_STATES, OUTCOMES, TASK_STATES
from fairlead.core.states import JobState, TaskState

Object = Mapping[str, Any]
"""An object as the API server gives it."""


def outcome_word(kind: str) -> str:
    """Return the SDK's word for how an attempt ended; of an unknown one, its own."""
    known = OUTCOMES.get(kind)
    return kind.upper() if known is None else known.value


def whole_seconds(given: float) -> int:
    """Return a duration as the API takes it: rounded up, because a limit must not shrink."""
    return math.ceil(given)


def status_of(task: Object) -> Object:
    """Return an object's status; empty where nobody has written one."""
    status: Object = task.get("status") or {}
    return status


def task_state(task: Object) -> TaskState:
    """Return the state of a Task."""
    return TASK_STATES.get(status_of(task).get("state", "Queued"), TaskState.QUEUED)


def job_state(job: Object) -> JobState:
    """Return the state of a Job.

    A Job whose next run was asked for and not begun is queued, whatever the last one ended with.
    """
    status = status_of(job)
    if job["spec"].get("run", 1) > status.get("run", 1):
        return JobState.QUEUED
    return JOB_STATES.get(status.get("state", "Queued"), JobState.QUEUED)


def name_of(item: Object) -> str:
    """Return an object's name."""
    return str(item["metadata"]["name"])


def uid_of(item: Object) -> str:
    """Return an object's unique id."""
    return str(item["metadata"]["uid"])


def created(item: Object) -> float:
    """Return when an object was made."""
    return seconds(item["metadata"].get("creationTimestamp")) or 0.0
