"""What a job has to look at again by the mere passing of time, beside the core's own timers.

An alarm is never taken back: it names the attempt it was set for, and whoever it wakes
looks whether it still matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush
from typing import NamedTuple


class AlarmKind(IntEnum):
    """What happens at that time."""

    CHILDREN = 0
    """Not all subtasks of a finished attempt were seen: list them."""
    TIMEOUT = 1
    """The runner should have ended the attempt because of its time-out: say so."""
    KILL = 2
    """The runner should have ended the attempt: end the runner."""
    NODE_LOST = 3
    """The pod was to be deleted and has not ended: go on without it."""
    POD = 4
    """The API server refused the pod: ask again."""
    QUEUE = 5
    """The runner that was made for the attempt has not come up in the task's queue time-out."""
    LOOK = 6
    """Look at the pod again: it may be stuck, or have failed to start in time."""
    STATUS = 7
    """Write the job's numbers."""
    DEADLINE = 8
    """The job has run as long as it may."""
    AGAIN = 9
    """Ask for runners again: nothing may tell when there are some."""


class Alarm(NamedTuple):
    """One moment to wake for.  ``number`` keeps the order of equal times."""

    time: float
    number: int
    kind: AlarmKind
    name: str
    attempt: int


class Alarms:
    """All alarms of a job, the earliest first."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[Alarm] = []
        self._number = 0

    def set(self, time: float, kind: AlarmKind, name: str = "", attempt: int = 0) -> None:
        """Wake at ``time``."""
        self._number += 1
        heappush(self._heap, Alarm(time, self._number, kind, name, attempt))

    def next_time(self) -> float | None:
        """Return when the earliest alarm is due."""
        return self._heap[0].time if self._heap else None

    def due(self, now: float) -> Iterator[Alarm]:
        """Take out and yield what is due, the earliest first."""
        while self._heap and self._heap[0].time <= now:
            yield heappop(self._heap)
