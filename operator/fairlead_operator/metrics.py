"""What the operator counts. Plain numbers here; see :mod:`fairlead_operator.exposition`.

No job, task or namespace is a label: there is no bound on how many of them there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence

TASK_STATES = (
    "Queued",
    "Running",
    "Computed",
    "Completed",
    "Failed",
    "FailedOptional",
    "Skipped",
    "Cancelled",
)
JOB_STATES = ("Queued", "Running", "Suspended", "Completed", "Failed", "Cancelled")

START_BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0, 600.0)
"""Seconds from ready to running: a kept runner takes milliseconds, a new node minutes."""

RECONCILE_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LAG_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Distribution:
    """How often a number of seconds fell between which bounds.

    Attributes
    ----------
    counts
        How many were at most each bound and above the one before; the last: above all.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum += seconds


class Metrics:
    """All numbers of one operator.

    Attributes
    ----------
    queue_length
        Says how many jobs wait for their turn.
    """

    def __init__(self) -> None:
        self.tasks: dict[str, int] = dict.fromkeys(TASK_STATES, 0)
        self.jobs: dict[str, int] = dict.fromkeys(JOB_STATES, 0)
        self.attempts: dict[str, int] = defaultdict(int)
        self.events: dict[tuple[str, str], int] = defaultdict(int)
        self.starts = Distribution(START_BOUNDS)
        self.reconciles = Distribution(RECONCILE_BOUNDS)
        self.lag = Distribution(LAG_BOUNDS)
        self.queue_length: Callable[[], int] = lambda: 0

    def task_moved(self, before: str | None, after: str | None) -> None:
        """Count a Task's change of state; None before it was seen, or after it is gone."""
        _move(self.tasks, before, after)

    def job_moved(self, before: str | None, after: str | None) -> None:
        """Count a Job's change of state; None before it was seen, or after it is gone."""
        _move(self.jobs, before, after)

    def attempt_ended(self, outcome: str) -> None:
        """Count the end of an attempt."""
        self.attempts[outcome] += 1

    def task_started(self, seconds: float) -> None:
        """Count a start, so many seconds after nothing but a runner was wanting."""
        self.starts.add(seconds)

    def reconciled(self, seconds: float) -> None:
        """Count a turn of a job that took so long."""
        self.reconciles.add(seconds)

    def event_seen(self, kind: str, change: str) -> None:
        """Count an event about an object of a kind."""
        self.events[kind, change] += 1

    def lagged(self, seconds: float) -> None:
        """Count by how much the event loop was late."""
        self.lag.add(seconds)


def _move(counts: dict[str, int], before: str | None, after: str | None) -> None:
    if before is not None:
        counts[before] = counts.get(before, 0) - 1
    if after is not None:
        counts[after] = counts.get(after, 0) + 1
