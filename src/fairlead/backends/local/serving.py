"""``run_all`` and ``run_forever``: an engine of its own over all jobs that nobody drives."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from fairlead.backends.local.helping import Helper
from fairlead.backends.local.outbox import publish_leftovers
from fairlead.sdk.backend import RunnerOptions

if TYPE_CHECKING:
    from fairlead.backends.local.backend import LocalBackend

LOOK_AGAIN = 0.05
"""Seconds between looks for new jobs while others still run."""

LOOK_AGAIN_WHERE_STUCK = 0.5
"""Seconds for which a job that waits for tasks of other runners is left to those."""

MOST_DRIVEN = 1000
"""Most jobs driven at once; the others follow as these end."""


def serve(
    backend: LocalBackend,
    options: RunnerOptions,
    *,
    only: int | None = None,
    forever: bool = False,
) -> None:
    """Drive jobs until nothing can run here any more (or for ever).

    On an interrupt, what runs goes back to the queue and is charged to nobody.
    """
    publish_leftovers(backend.store, options.cache)
    service = _Service(backend, options, only, forever)
    try:
        while True:
            service.adopt()
            service.put_aside()
            service.helper.offer(service.elsewhere)
            if service.is_done and not service.adopt():
                if not forever:
                    return
                sleep(LOOK_AGAIN)
            else:
                service.engine.wait_for_change(LOOK_AGAIN)
    except KeyboardInterrupt:
        backend.interrupted()
        raise
    finally:
        backend.close_engine(service.engine)


class _Service:
    """The engine of one call, and the jobs it has left to other runners."""

    def __init__(
        self, backend: LocalBackend, options: RunnerOptions, only: int | None, forever: bool
    ) -> None:
        self.engine = backend.open_engine(options)
        self.helper = Helper(self.engine, only, steady=forever)
        self.elsewhere: list[int] = []
        """Open jobs that other processes drive, as last seen."""
        self._backend = backend
        self._only = only
        self._aside: dict[int, float] = {}

    def adopt(self) -> bool:
        """Drive open jobs that nobody drives; True if one of them is new here.

        Raises
        ------
        Exception
            What made the engine give up.
        """
        if self.engine.error is not None:
            raise self.engine.error
        found = False
        self.elsewhere = []
        for (number,) in self._open_jobs():
            if number in self.engine.jobs or self._backend.driver(number) is not None:
                continue
            is_new = number not in self._aside
            if not is_new and monotonic() < self._aside[number]:
                if self._backend.store.locks.is_held(number):
                    self.elsewhere.append(number)
            elif self.engine.drive(number):
                found = found or is_new
            else:
                self.elsewhere.append(number)
        return found

    @property
    def is_done(self) -> bool:
        """Whether nothing can run here, of whatever job, now or by the passing of time."""
        return self.engine.is_idle and not self.helper.may_come(self.elsewhere)

    def _open_jobs(self) -> list[tuple[Any, ...]]:
        return self._backend.store.read(
            "SELECT no FROM job WHERE state IN ('QUEUED', 'RUNNING', 'SUSPENDED')"
            " AND (?1 IS NULL OR no = ?1) ORDER BY no LIMIT ?2",
            (self._only, MOST_DRIVEN + len(self._aside)),
        )

    def put_aside(self) -> None:
        """Let go of jobs whose tasks have to run elsewhere, so that others can take them."""
        for number in list(self.engine.jobs):
            if self.engine.is_stuck(number):
                self._aside[number] = monotonic() + LOOK_AGAIN_WHERE_STUCK
                self.engine.release(number)
