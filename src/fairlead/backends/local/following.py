"""Reading log records, and going on reading until the job or task has ended."""

from __future__ import annotations

from collections.abc import Iterator
from time import sleep

from fairlead.backends.local.store import Store
from fairlead.backends.local.views import log_records
from fairlead.sdk.backend import LogRecord

LOOK_AGAIN = 0.05
"""Seconds between looks for new records."""


def records(store: Store, job: int, first: int, last: int, follow: bool) -> Iterator[LogRecord]:
    """Yield the log records of the tasks numbered ``first`` to ``last``, in order."""
    after = 0
    while True:
        # Whether it has ended is asked first: what it logged before is then all there.
        ended = not follow or _has_ended(store, job, first, last)
        found, after = log_records(store, first, last, after)
        yield from found
        if ended:
            return
        sleep(LOOK_AGAIN)


def _has_ended(store: Store, job: int, first: int, last: int) -> bool:
    if store.read("SELECT 1 FROM job WHERE no = ? AND ended IS NOT NULL", (job,)):
        return True
    if first != last:
        return False
    return bool(
        store.read(
            "SELECT 1 FROM task WHERE no = ? AND state NOT IN ('QUEUED', 'RUNNING')", (first,)
        )
    )
