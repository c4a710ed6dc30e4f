"""Following a job by looking at it again and again, never so often that it would slow it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, Self

from fairlead.cli import tally
from fairlead.cli.progress.snapshot import Bar, Pace, Snapshot, bars_of, take_snapshot
from fairlead.errors import FairleadError
from fairlead.sdk.backend import Backend, JobView

SHORTEST_PAUSE = 0.2
"""Seconds between two looks: bars that move five times a second look alive."""

FIRST_LOOK = 0.3
"""Seconds before work done here is worth a word: what takes less is over by then."""

SHARE_OF_TIME = 0.05
"""Looking at a large job may take at most this share of the time."""


class ProgressView(Protocol):
    """A way to show snapshots, used as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Show how far the job is."""


def progress_view() -> ProgressView:
    """Return bars where standard error is a terminal, else plain lines."""
    if sys.stderr.isatty():
        from fairlead.cli.progress.bars import Bars

        return Bars()
    from fairlead.cli.progress.lines import Lines

    return Lines()


class Follower:
    """Looks at one job and shows what it sees."""

    def __init__(self, backend: Backend, job_id: str, view: ProgressView) -> None:
        self._backend = backend
        self._job_id = job_id
        self._view = view
        self._pace = Pace()
        self._bars: list[Bar] = []
        self.pause = SHORTEST_PAUSE

    def look(self) -> JobView:
        """Look once, show it, and set the pause until the next look."""
        begun = time.perf_counter()
        job = self._backend.job(self._job_id)
        self._bars = bars_of(self._backend.tasks(self._job_id))
        now = time.time()
        self._view.show(take_snapshot(job, self._bars, self._pace, now), now)
        self.pause = max(SHORTEST_PAUSE, (time.perf_counter() - begun) / SHARE_OF_TIME)
        return job


def follow(backend: Backend, job_id: str, seen: Callable[[JobView], None]) -> JobView:
    """Follow a job until it has ended.

    Parameters
    ----------
    backend, job_id
        The job.
    seen
        Called with what every look sees.

    Returns
    -------
    JobView
        The job, ended.
    """
    with progress_view() as view:
        follower = Follower(backend, job_id, view)
        while (job := follower.look()).state not in tally.FINAL_JOBS:
            seen(job)
            time.sleep(follower.pause)
        return job


@contextmanager
def followed(backend: Backend, job_id: str) -> Iterator[None]:
    """Show a job's progress from another thread while this one works on it."""
    # The view is entered before the work begins: bars stand in front of the streams,
    # and what keeps the tasks' prints has to stand in front of them.
    with progress_view() as view:
        stop = threading.Event()
        follower = Follower(backend, job_id, view)

        def keep_looking() -> None:
            pause = FIRST_LOOK
            while not stop.wait(pause):
                follower.look()
                pause = follower.pause

        watcher = threading.Thread(target=_unless_it_fails(keep_looking), daemon=True)
        try:
            watcher.start()
            yield
        finally:
            stop.set()
            if watcher.is_alive():  # an interrupt may have come before it was started
                watcher.join()


def _unless_it_fails(look: Callable[[], None]) -> Callable[[], None]:
    def looking() -> None:
        # A store that fails here fails the work, too, and that is where it is told.
        try:
            look()
        except FairleadError:
            return

    return looking
