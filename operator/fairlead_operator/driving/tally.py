"""Counts what happens to Tasks, from what each was and is.

A record says all that has happened to its Task so far, so the difference between two of them
is what has happened meanwhile, however many events lie between: nothing is counted twice
when a Task is listed again, nor forgotten when a job is begun with anew.  What a process
sees for the first time it does not count: that may be old, and another may have counted it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead.api.times import seconds
from fairlead.api.words import camel
from fairlead.core.states import FINAL_TASK_STATES, TaskState
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen, sort_of
from fairlead_operator.driving.sizing import Sizing
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.metrics import CANCELLED, Metrics, Usage

_RAN = frozenset({TaskState.RUNNING, TaskState.COMPUTED, TaskState.COMPLETED})
_SUCCEEDED = frozenset({TaskState.COMPUTED, TaskState.COMPLETED})

_NOT_BEGUN = frozenset({"NeverStarted", "Released"})
"""How attempts end whose code never began."""


class Tally:
    """Counts for one process.

    Attributes
    ----------
    acting
        Whether this process is the one that acts: a standby sees the same, and counts nothing.
    """

    def __init__(self, metrics: Metrics, shared: Shared, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._sizing = Sizing(shared)
        self._clock = clock
        self.acting = False

    def task_moved(
        self, seen: Seen, before: TaskRecord | None, after: TaskRecord, usage: Usage | None
    ) -> None:
        """Count what has happened to a Task.

        Parameters
        ----------
        usage
            What its last report says that the attempt took.
        """
        if not self.acting or before is None or before.facts.uid != after.facts.uid:
            return
        if _stage(before) == _stage(after):
            return  # such as a report of progress
        identifier = after.facts.identifier
        size = self._sizing.of(seen, sort_of(after))
        for began in _begun(before, after):
            since = seen.ready_since(after.name) or after.assigned or before.assigned or began
            now = self._clock() if began is None else began
            self._metrics.task_started(identifier, size, max(now - (since or now), 0.0))
        for outcome in _ended(before, after):
            self._metrics.attempt_ended(outcome, identifier, size)
        for measured in _measured(before, after, usage):
            self._metrics.attempt_measured(identifier, size, measured)
        if after.state in FINAL_TASK_STATES and before.state not in FINAL_TASK_STATES:
            age = max(self._clock() - after.facts.created, 0.0)
            self._metrics.task_ended(identifier, size, age)


def _stage(record: TaskRecord) -> tuple[Any, ...]:
    return (
        record.state,
        record.attempt,
        record.pod_name,
        record.started is None,
        record.reported is None,
        len(record.attempts),
    )


def _has_begun(record: TaskRecord) -> bool:
    """Return whether the code of the present attempt runs, or ran."""
    return record.state in _RAN or record.started is not None


def _recorded(after: TaskRecord, last: int) -> list[Mapping[str, Any]]:
    """Return what is remembered of the attempts after the one of a number."""
    return [one for one in after.attempts if one["attempt"] > last]


def _begun(before: TaskRecord, after: TaskRecord) -> Iterator[float | None]:
    """Yield when each attempt began that did so meanwhile; None: just now."""
    over = not before.held or _has_begun(before)
    last = before.attempt if over else before.attempt - 1
    known = set()
    for one in _recorded(after, last):
        known.add(one["attempt"])
        unseen = one["attempt"] > before.attempt and one["kind"] not in _NOT_BEGUN
        if unseen or "startTime" in one:
            yield seconds(one.get("startTime"))
    if after.attempt > last and after.attempt not in known and _has_begun(after):
        yield None


def _ended(before: TaskRecord, after: TaskRecord) -> Iterator[str]:
    """Yield how each attempt ended that did so meanwhile."""
    last = before.attempt - 1 if before.held else before.attempt
    known = set()
    for one in _recorded(after, last):
        known.add(one["attempt"])
        yield str(one["kind"])
    if after.attempt > last and after.attempt not in known and not after.held:
        if after.state in _SUCCEEDED:
            yield "Succeeded"
        else:
            yield CANCELLED if after.reported is None else camel(after.reported.kind)


def _measured(before: TaskRecord, after: TaskRecord, usage: Usage | None) -> Iterator[Usage]:
    """Yield what was measured of each attempt that was reported meanwhile."""
    waits = before.held and before.reported is None
    last = before.attempt - 1 if waits else before.attempt
    told = after.attempt if after.reported is not None else 0
    if usage is not None and told > last:
        yield usage
    for one in _recorded(after, last):
        found = usage_of(one) if one["attempt"] != told else None
        if found is not None:
            yield found


def reported_usage(task: Mapping[str, Any]) -> Usage | None:
    """Return what the latest report on a Task, as the API server shows it, says about that."""
    return usage_of((task.get("status") or {}).get("outcome"))


def usage_of(ended: Mapping[str, Any] | None) -> Usage | None:
    """Return what an outcome, or what is remembered of an attempt, says that it took."""
    raw = (ended or {}).get("usage")
    if not raw:
        return None
    return Usage(
        raw.get("wallMilliseconds", 0),
        raw.get("cpuMilliseconds", 0),
        raw.get("peakMemoryBytes", 0),
    )
