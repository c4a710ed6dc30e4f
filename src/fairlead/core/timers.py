"""What becomes due by the mere passing of time.

A timer is never taken back; it names the attempt it was set for, and whoever takes it
out looks whether it still matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from heapq import heappop, heappush
from typing import NamedTuple

from fairlead.core.node import Node
from fairlead.core.states import TaskState


class TimerKind(IntEnum):
    """What happens when a timer is due."""

    BACKOFF = 0
    """The task may start again."""
    ATTEMPT = 1
    """The attempt has run as long as it may."""
    QUEUE = 2
    """The task has waited for a runner as long as it may."""


class Timer(NamedTuple):
    """One moment to wake for.  ``number`` keeps the order of equal times."""

    time: float
    number: int
    kind: TimerKind
    node: Node
    attempt: int

    def matters(self) -> bool:
        """Return whether the task is still where it was when the timer was set."""
        node = self.node
        if node.attempt != self.attempt:
            return False
        if self.kind is TimerKind.ATTEMPT:
            return node.state is TaskState.RUNNING
        if self.kind is TimerKind.QUEUE:
            return node.waiting
        return node.state is TaskState.QUEUED and not node.waiting


class Timers:
    """All timers of a job, the earliest first."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[Timer] = []
        self._number = 0

    def set(self, time: float, kind: TimerKind, node: Node) -> None:
        """Wake at ``time`` for the task's present attempt."""
        self._number += 1
        heappush(self._heap, Timer(time, self._number, kind, node, node.attempt))

    def next_time(self) -> float | None:
        """Return when the earliest timer that matters is due."""
        heap = self._heap
        while heap:
            if heap[0].matters():
                return heap[0].time
            heappop(heap)
        return None

    def due(self, now: float) -> Iterator[Timer]:
        """Take out and yield the timers that are due and matter, the earliest first."""
        heap = self._heap
        while heap and heap[0].time <= now:
            timer = heappop(heap)
            if timer.matters():
                yield timer
