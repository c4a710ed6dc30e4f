"""Who waits for which job in this process: one watch for each job, kept while it is of use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fairlead.backends.kubernetes.jobwatch import JobWatch
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.words import Object, uid_of

MOST_IDLE = 8
"""Watches that are kept though nobody waits: most likely somebody will again."""


class Waits:
    """Shares the watches of jobs out to those who wait."""

    def __init__(self, rest: RestClient, namespace: str) -> None:
        self._rest = rest
        self._namespace = namespace
        self._guard = threading.Lock()
        self._watches: dict[str, JobWatch] = {}

    @contextmanager
    def on(self, job: Object) -> Iterator[JobWatch]:
        """Follow a job while the block runs."""
        watch = self._take(job)
        try:
            yield watch
        finally:
            self._give_back(watch)

    def call_at_end(self, job: Object, id: str, callback: Callable[[], None]) -> None:
        """Call back, from any thread, once a task of a job is over."""
        watch = self._take(job)

        def called() -> None:
            self._give_back(watch)
            callback()

        watch.call_at_end(id, called)

    def close(self) -> None:
        """Follow nothing any more."""
        with self._guard:
            watches, self._watches = list(self._watches.values()), {}
        for watch in watches:
            watch.stop()

    def _take(self, job: Object) -> JobWatch:
        with self._guard:
            watch = self._watches.get(uid_of(job))
            if watch is None or watch.broken:
                watch = JobWatch(self._rest, self._namespace, job)
                self._watches[watch.uid] = watch
                watch.start()
            watch.users += 1
        watch.refresh(job)
        return watch

    def _give_back(self, watch: JobWatch) -> None:
        with self._guard:
            watch.users -= 1
            idle = [one for one in self._watches.values() if not one.users]
            spare = len(idle) - MOST_IDLE
            ended = [one for one in idle if one.broken or one.job_is_over()]
            stopped = {one.uid: one for one in [*ended, *idle[: max(spare, 0)]]}
            for uid in stopped:
                del self._watches[uid]
        for one in stopped.values():
            one.stop()
