"""What a driver has read from its store: the input from which a graph is rebuilt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.core.node import Key, NodeSpec
from fairlead.core.retry import PLATFORM_BUDGET
from fairlead.core.states import JobState, TaskState

MAX_DEPTH = 500
"""How deep a job's tree may be unless said otherwise."""

MAX_TASKS = 50_000
"""How many tasks a job may have unless said otherwise."""


@dataclass(slots=True)
class ObservedTask:
    """One task as it is recorded; of several objects with one key, the newest.

    Attributes
    ----------
    parent
        Key of the task that submitted it, or None at the top level.
    attempt
        Number of the latest attempt that was started, 0 if none was.
    not_before
        When its backoff ends, in seconds since the epoch.
    stop_requested
        Whether the running attempt was asked to stop.
    started
        When the running attempt started; needed only where it may run out of time.
    waiting_since
        When it became ready; without it, its wait for a runner is counted from the
        moment of rebuilding.
    """

    spec: NodeSpec
    parent: Key | None = None
    state: TaskState = TaskState.QUEUED
    attempt: int = 0
    user_failures: int = 0
    platform_failures: int = 0
    not_before: float | None = None
    reason: str | None = None
    stop_requested: bool = False
    started: float | None = None
    waiting_since: float | None = None


@dataclass(slots=True)
class ObservedJob:
    """One run of a job as it is recorded, with its tasks in the order they were added.

    ``reason``, ``cause`` and ``first_failure`` are as a ``JobChanged`` effect gave them.
    ``suspended``, ``failing`` and ``cancelling`` stand for requests that are recorded but
    have not led to such an effect yet; once they have, ``state`` and ``reason`` say it all.
    """

    tasks: Iterable[ObservedTask]
    state: JobState = JobState.QUEUED
    closed: bool = True
    suspended: bool = False
    cancelling: bool = False
    failing: bool = False
    reason: str | None = None
    cause: str | None = None
    first_failure: Key | None = None
    platform_budget: int = PLATFORM_BUDGET
    max_depth: int = MAX_DEPTH
    max_tasks: int = MAX_TASKS
