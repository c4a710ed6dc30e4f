"""Who waits for room, and who is first: namespaces by their shares, in each its jobs.

Among namespaces the one comes first that has the least for its share, and of such with as
little the one that has waited longest since it was last given something.  Within a namespace
it is the job of the highest priority, then that with the fewest runners, then the one that
has waited longest.

Some of those who wait have been made an offer: they were told that there is a chance, and
have not asked yet.  So that several chances go to several jobs, the next one is offered to
the first of the others, as if what was offered had been taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fairlead_operator.runners.ranking import Rank, Ranking
from fairlead_operator.runners.tenants import Tenants

LAPSE_SECONDS = 5.0
"""A job that was made an offer and has not asked for so long wants nothing any more."""

TURN_SECONDS = 10.0
"""After so long a namespace that has nothing gets the next runner that comes free.

Where there are fewer runners than namespaces, they take turns.  It is longer than a runner
takes to start, which every turn costs.
"""


@dataclass(slots=True)
class Waiter:
    """A job that waits.

    Attributes
    ----------
    since
        Since when.
    """

    namespace: str
    job: str
    priority: int
    since: float


class Line:
    """The jobs of one namespace that wait for one bound.

    Attributes
    ----------
    since
        Since when it waits: when its first job came, or when it was last given something.
    all, open
        Its jobs, and those of them that have no offer.
    """

    __slots__ = ("all", "open", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.all: Ranking[str] = Ranking()
        self.open: Ranking[str] = Ranking()


class Queue:
    """The jobs that wait for one bound.

    Parameters
    ----------
    running
        Says how many runners a job has.
    had
        Says how many a namespace has.
    """

    def __init__(
        self, tenants: Tenants, running: Callable[[str], int], had: Callable[[str], int]
    ) -> None:
        self._tenants = tenants
        self._running = running
        self._had = had
        self._waiters: dict[str, Waiter] = {}
        self._offers: dict[str, float] = {}
        self._offered: dict[str, int] = {}
        self._lines: dict[str, Line] = {}
        self._all: Ranking[str] = Ranking()
        self._open: Ranking[str] = Ranking()

    def __len__(self) -> int:
        return len(self._waiters)

    def __contains__(self, job: str) -> bool:
        return job in self._waiters

    @property
    def offers(self) -> int:
        """How many have an offer that they have not answered."""
        return len(self._offers)

    # --- coming and going -----------------------------------------------------------------

    def add(self, namespace: str, job: str, priority: int, now: float) -> None:
        """Let a job wait, or take note that it still does; it has answered an offer."""
        self._end_offer(job)
        there = self._waiters.get(job)
        since = there.since if there else now
        self._waiters[job] = Waiter(namespace, job, priority, since)
        if namespace not in self._lines:
            self._lines[namespace] = Line(now)
        self._place_job(job)
        self._place_line(namespace)

    def remove(self, job: str) -> None:
        """Let a job wait no more, if it does."""
        self._end_offer(job)
        waiter = self._waiters.pop(job, None)
        if waiter is None:
            return
        line = self._lines[waiter.namespace]
        line.all.drop(job)
        line.open.drop(job)
        if not len(line.all):
            del self._lines[waiter.namespace]
        self._place_line(waiter.namespace)

    def served(self, namespace: str, job: str, now: float) -> None:
        """Take note that a job was given something: it waits no more."""
        self.remove(job)
        line = self._lines.get(namespace)
        if line is not None:
            line.since = now
            self._place_line(namespace)

    def recount(self, namespace: str, job: str) -> None:
        """Take note that a job and its namespace have more runners or fewer."""
        if job in self._waiters:
            self._place_job(job)
        if namespace in self._lines:
            self._place_line(namespace)

    # --- who is first ---------------------------------------------------------------------

    def outranks(self, namespace: str, job: str, priority: int, now: float) -> bool:
        """Say whether anybody who waits has a better claim than a job has to its own runner.

        Among equals nobody has, so that runners do not change hands for nothing; but where a
        namespace has nothing and has waited for long, it is its turn.
        """
        first = self._all.first()
        if first is None:
            return False
        (claim, since), other = first
        if other != namespace:
            mine = self._tenants.claim(namespace, self._had(namespace))
            if claim < mine or (claim == mine and not claim and now > since + TURN_SECONDS):
                return True
        best = self._lines[namespace].all.first() if namespace in self._lines else None
        return best is not None and best[0][:2] < (-priority, self._running(job))

    def offer(self, now: float) -> str | None:
        """Make an offer to the first who has none, and return it; None if all have one."""
        first = self._open.first()
        if first is None:
            return None
        best = self._lines[first[1]].open.first()
        assert best is not None
        job = best[1]
        self._offers[job] = now
        self._offered[first[1]] = self._offered.get(first[1], 0) + 1
        self._place_job(job)
        self._place_line(first[1])
        return job

    def has_offer(self, job: str) -> bool:
        """Say whether a job has an offer that it has not answered."""
        return job in self._offers

    def lapse(self, now: float) -> None:
        """Let those wait no more who did not answer in time."""
        while self._offers:
            job, made = next(iter(self._offers.items()))
            if now <= made + LAPSE_SECONDS:
                return
            self.remove(job)

    # --- places ---------------------------------------------------------------------------

    def _end_offer(self, job: str) -> None:
        if self._offers.pop(job, None) is not None:
            namespace = self._waiters[job].namespace
            self._offered[namespace] -= 1
            if not self._offered[namespace]:
                del self._offered[namespace]

    def _place_job(self, job: str) -> None:
        waiter = self._waiters[job]
        line = self._lines[waiter.namespace]
        rank: Rank = (-waiter.priority, self._running(job), waiter.since)
        line.all.put(job, rank)
        if job in self._offers:
            line.open.drop(job)
        else:
            line.open.put(job, rank)

    def _place_line(self, namespace: str) -> None:
        line = self._lines.get(namespace)
        had, offered = self._had(namespace), self._offered.get(namespace, 0)
        if line is None:
            self._all.drop(namespace)
        else:
            self._all.put(namespace, (self._tenants.claim(namespace, had), line.since))
        if line is None or not len(line.open):
            self._open.drop(namespace)
        else:
            claim = self._tenants.claim(namespace, had + offered)
            self._open.put(namespace, (claim, line.since))
