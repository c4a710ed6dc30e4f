"""Who drives a job: a kernel record lock on one byte of the store's lock file.

Who offers workers is told in the same way by locks of a second file.

The kernel frees the lock when the process ends, however it ends, and a forked child
does not inherit it; so there is no lease to renew and no pid to guess at.  A record
lock belongs to the whole process and is dropped when *any* descriptor of the file is
closed, therefore each process opens the file once and never closes it, and a table
in the process tells its own drivers apart.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import threading
from pathlib import Path

_TRY_LOCK = fcntl.LOCK_EX | fcntl.LOCK_NB

_FLOCK = struct.Struct("hhqqi4x")
"""The kernel's ``struct flock``: kind, whence, start, length, holder."""

_CAN_LOOK = sys.platform == "linux" and sys.maxsize > 2**32
"""Whether that is its layout, so that a lock can be looked at without taking it."""


def _request(job: int) -> bytes:
    return _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, job, 1, 0)


def _kind(answer: bytes) -> int:
    kind: int = _FLOCK.unpack(answer)[0]
    return kind


class JobLocks:
    """The job locks of one store, as held by this process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor = -1
        self._process = 0
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def acquire(self, job: int) -> bool:
        """Try to become the driver of a job; never waits.  False if it has one."""
        with self._guard:
            self._open()
            if job in self._held or not self._lock(job, _TRY_LOCK):
                return False
            self._held.add(job)
            return True

    def is_mine(self, job: int) -> bool:
        """Return whether this process holds the lock."""
        with self._guard:
            self._open()
            return job in self._held

    def release(self, job: int) -> None:
        """Stop driving a job."""
        with self._guard:
            if job in self._held:
                self._held.discard(job)
                self._lock(job, fcntl.LOCK_UN)

    def is_held(self, job: int) -> bool:
        """Return whether any process, this one included, drives the job now."""
        with self._guard:
            self._open()
            return job in self._held or self._is_taken(job)

    def _is_taken(self, job: int) -> bool:
        """Ask the kernel whether another process holds a lock."""
        if self._path is None:
            return False
        if _CAN_LOOK:
            answer = fcntl.fcntl(self._descriptor, fcntl.F_GETLK, _request(job))
            return _kind(answer) != fcntl.F_UNLCK
        # Whoever tries to take it at this very moment is told that it is taken.
        if not self._lock(job, _TRY_LOCK):
            return True
        self._lock(job, fcntl.LOCK_UN)
        return False

    def _open(self) -> None:
        if self._process == os.getpid():
            return
        # A forked child holds none of its parent's locks, and needs a descriptor whose
        # closing could not drop them: closing acts on the closer's own locks only.
        self._held.clear()
        self._process = os.getpid()
        if self._path is not None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def _lock(self, job: int, operation: int) -> bool:
        if self._path is None:
            return True
        try:
            fcntl.lockf(self._descriptor, operation, 1, job)
        except OSError:
            return False
        return True


_shared: dict[Path, JobLocks] = {}
_shared_guard = threading.Lock()
# A forked child holds none of its parent's locks, and whatever guards them may be taken.
os.register_at_fork(after_in_child=_shared.clear)


def job_locks(folder: Path | None) -> JobLocks:
    """Return this process's one object for the locks of the store in ``folder``."""
    return _locks(folder, "store.lock")


def offer_locks(folder: Path | None) -> JobLocks:
    """Return the same for its offers of workers, each of which its owner keeps locked."""
    return _locks(folder, "offers.lock")


def _locks(folder: Path | None, name: str) -> JobLocks:
    if folder is None:
        return JobLocks(None)
    with _shared_guard:
        return _shared.setdefault(folder / name, JobLocks(folder / name))
