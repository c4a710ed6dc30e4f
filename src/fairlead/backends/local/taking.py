"""Taking a job that nobody drives, to change what is recorded of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from fairlead.backends.local.store import Store
from fairlead.errors import JobBusyError

PATIENCE = 10.0
"""Seconds to wait for the driver of a job that has ended to let it go: it records the end
first, and the machine may be slow."""


@contextmanager
def taken(store: Store, number: int, busy: str) -> Iterator[None]:
    """Hold the lock of a job within the block.

    Raises
    ------
    JobBusyError
        Somebody drives the job; ``busy`` says so.
    """
    deadline = monotonic() + PATIENCE
    while not store.locks.acquire(number):
        if monotonic() > deadline or not _has_ended(store, number):
            raise JobBusyError(busy)
        sleep(0.005)
    try:
        yield
    finally:
        store.locks.release(number)


def _has_ended(store: Store, number: int) -> bool:
    return bool(store.read("SELECT 1 FROM job WHERE no = ? AND ended IS NOT NULL", (number,)))
