"""Waiting for a task or a job: driving it here if nobody else does, else looking again.

A worker thread that waits gives up its slot meanwhile, so that tasks which wait for
others cannot fill the pool and block each other.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING

from fairlead.backends.local import threads
from fairlead.core.states import FINAL_TASK_STATES, JobState, TaskState

if TYPE_CHECKING:
    from fairlead.backends.local.backend import LocalBackend
    from fairlead.backends.local.store import Store

LOOK_AGAIN = 0.02
"""Seconds between looks at a job that another process drives."""

LOOK_AGAIN_WHERE_STUCK = 0.25
"""Seconds between tries to drive a job none of whose tasks could run here."""


def wait(backend: LocalBackend, job: int, task: int | None, timeout: float | None) -> None:
    """Return once the task (or the job, for None) is final, or when time is up."""
    deadline = None if timeout is None else monotonic() + timeout
    try:
        with _slot_given_up():
            # Even the shortest wait drives the job: a slow machine may have used it up here.
            left = timeout
            while not is_over(backend.store, job, task):
                if left is not None and left <= 0:
                    _leave(backend, job)
                    return
                _wait_once(backend, job, task, left)
                left = None if deadline is None else deadline - monotonic()
    except KeyboardInterrupt:
        backend.interrupted()
        raise


def _wait_once(backend: LocalBackend, job: int, task: int | None, left: float | None) -> None:
    engine = backend.driver(job)
    if engine is None:
        own = backend.own_engine()
        engine = own if own.drive(job) else None
    pause = LOOK_AGAIN
    if engine is not None and engine is backend.own_engine() and engine.is_stuck(job):
        # Whoever knows these tasks must be able to take the job.
        engine.release(job)
        engine, pause = None, LOOK_AGAIN_WHERE_STUCK
    ended = threading.Event()
    if engine is None:
        ended.wait(pause if left is None else min(left, pause))
        return
    with engine.waiters.told(job, task, ended.set):
        # It may have ended, or been let go, between the last look and the registration.
        while not ended.is_set() and job in engine.jobs and not is_over(backend.store, job, task):
            if ended.wait(0.25 if left is None else min(left, 0.25)) or left is not None:
                break
            if engine.is_stuck(job):
                break
    if engine.error is not None:
        raise engine.error


def _leave(backend: LocalBackend, job: int) -> None:
    """Let a job go that nobody waits for here any more, unless it can go on here by itself."""
    engine = backend.driver(job)
    if engine is not None and engine is backend.own_engine():
        engine.release_if_stuck(job)


def is_over(store: Store, job: int, task: int | None) -> bool:
    if task is None:
        return bool(store.read("SELECT 1 FROM job WHERE no = ? AND ended IS NOT NULL", (job,)))
    rows = store.read(
        "SELECT task.state, job.state FROM task JOIN job ON job.no = ? WHERE task.no = ?",
        (job, task),
    )
    # A COMPUTED task of a job that has failed or was cancelled will never change again.
    return (
        not rows
        or TaskState(rows[0][0]) in FINAL_TASK_STATES
        or JobState(rows[0][1]) in (JobState.FAILED, JobState.CANCELLED, JobState.COMPLETED)
    )


@contextmanager
def _slot_given_up() -> Iterator[None]:
    worker = getattr(threads.current, "worker", None)
    if worker is None:
        in_worker_process = sys.modules.get("fairlead.runner.worker")
        with in_worker_process.blocked() if in_worker_process else nullcontext():
            yield
        return
    worker.change_slots(+1)
    try:
        yield
    finally:
        worker.change_slots(-1)
