"""Who waits for room, and who is first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LAPSE_SECONDS = 5.0
"""A job that was woken and has not asked for so long wants nothing any more."""

Running = Callable[[str], int]
"""How many runners a job has."""


@dataclass(slots=True)
class Waiter:
    """A job that waits.

    Attributes
    ----------
    since
        Since when.
    woken
        When it was told that there is room; None if it was not, or asked again since.
    """

    job: str
    priority: int
    since: float
    woken: float | None = None


class Queue:
    """The jobs that wait for one bound."""

    def __init__(self) -> None:
        self._waiters: dict[str, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def get(self, job: str) -> Waiter | None:
        """Return a job's place, or None."""
        return self._waiters.get(job)

    def add(self, waiter: Waiter) -> None:
        """Let a job wait, or take note that it still does."""
        self._waiters[waiter.job] = waiter

    def remove(self, job: str) -> bool:
        """Let a job wait no more; return whether nobody waits now."""
        self._waiters.pop(job, None)
        return not self._waiters

    def before(self, one: Waiter, running: Running, now: float, *, ties: bool = True) -> int:
        """Return how many other jobs come before one.

        Parameters
        ----------
        ties
            Whether among equals the one that has waited longer comes first; else none does.
        """
        self._lapse(now)
        mine = _rank(one, running)[: None if ties else 2]
        return sum(
            _rank(other, running)[: len(mine)] < mine
            for other in self._waiters.values()
            if other.job != one.job
        )

    def best(self, running: Running, now: float) -> str | None:
        """Return the job that is first, and take note that it is told so; None if nobody is."""
        self._lapse(now)
        first = min(self._waiters.values(), key=lambda one: _rank(one, running), default=None)
        if first is None:
            return None
        if first.woken is None:
            first.woken = now
        return first.job

    def _lapse(self, now: float) -> None:
        gone = [
            waiter.job
            for waiter in self._waiters.values()
            if waiter.woken is not None and now > waiter.woken + LAPSE_SECONDS
        ]
        for job in gone:
            del self._waiters[job]


def _rank(waiter: Waiter, running: Running) -> tuple[int, int, float, str]:
    return -waiter.priority, running(waiter.job), waiter.since, waiter.job
