"""What a runner does about jobs that other processes drive: it offers them its workers."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic, time
from typing import TYPE_CHECKING

from fairlead.backends.local.store import task_range

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine

SETTLED_AFTER = 1.0
"""Seconds without any task running after which a driver is taken to have nothing to lend."""

LOOK_AGAIN = 0.2
"""Seconds between looks at the tasks of jobs driven elsewhere, while nothing runs here."""

_OPEN_TASKS = (
    "SELECT task.state, identifier, version, source, max(not_before) FROM task"
    " JOIN job ON job.no = ?1 WHERE task.no BETWEEN ?2 AND ?3 AND NOT superseded"
    " AND task.state IN ('QUEUED', 'RUNNING') AND job.state IN ('QUEUED', 'RUNNING')"
    " GROUP BY 1, 2, 3, 4"
)


class Helper:
    """The part of one runner that works for other drivers.

    Parameters
    ----------
    engine
        The runner's engine.
    only
        The only job that it runs; None for any.
    steady
        The runner goes on for ever, and so its offer stands for ever: whoever begins to
        drive a job then knows from the start what can be run elsewhere.
    """

    def __init__(self, engine: Engine, only: int | None, *, steady: bool) -> None:
        self._engine = engine
        self._only = only
        self._steady = steady
        self._still_since: dict[int, float] = {}
        self._looked = -LOOK_AGAIN
        self._found = False

    def offer(self, jobs: Sequence[int]) -> None:
        """Offer the engine's workers, and look for loans while others drive jobs."""
        engine = self._engine
        if engine.store.folder is None:
            return
        if engine.borrower is None and (jobs or self._steady):
            engine.offer_workers(self._only)
        borrower = engine.borrower
        if borrower is not None:
            if not (jobs or self._steady or borrower.active):
                engine.withdraw_offer()
            elif borrower.expects_loans != bool(jobs):
                borrower.expects_loans = bool(jobs)
                engine.wake_clock()

    def may_come(self, jobs: Sequence[int]) -> bool:
        """Return whether one of these jobs may yet have something to run here.

        It may while tasks of it run that are known here, as if they ran here; and while
        queued tasks are known here and something of it runs, or will by the passing of
        time, or has until a moment ago.
        """
        if not jobs or self._steady or self._engine.borrower is None:
            return False  # a steady runner goes on in any case
        if monotonic() - self._looked >= LOOK_AGAIN:
            self._found = any(self._is_promising(job) for job in jobs)
            self._looked = monotonic()
        return self._found

    def _is_promising(self, job: int) -> bool:
        rows = self._engine.store.read(_OPEN_TASKS, (job, *task_range(job)))
        find = self._engine.lanes.definitions.find
        known = [row for row in rows if find(*row[1:4]) is not None]
        if not known:
            return False
        now = time()
        if any(row[0] == "RUNNING" for row in rows) or any((row[4] or 0) > now for row in known):
            self._still_since.pop(job, None)
            return True
        return monotonic() - self._still_since.setdefault(job, monotonic()) < SETTLED_AFTER
