"""The thread that takes a turn when time has passed and nobody else does.

It commits outcomes whose worker has gone on to a long task, wakes jobs whose backoff or
time limit is over, kills what did not stop in time, and looks for requests of other
processes.  It sleeps without a timeout while no job is driven.
"""

from __future__ import annotations

import threading
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.interrupts import uninterrupted
from fairlead.backends.local.requests import apply_requests

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine

POLL = 0.025
"""Seconds between looks at what other processes ask of the jobs driven here."""

POLL_LOANS = 0.005
"""Seconds between looks while attempts of this engine run elsewhere, or others' run here."""

COMMIT_AFTER = 0.0015
"""Seconds from an outcome to the turn that commits it, if no worker takes one before."""


class Clock:
    """The clock thread of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._alarm = threading.Event()
        self._armed = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def start(self) -> None:
        """Start the thread, or wake it."""
        # Nobody could wait for the end of a thread that is half started.
        with uninterrupted(), self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._closed = False
                self._thread = threading.Thread(
                    target=self._run, name="fairlead-clock", daemon=True
                )
                self._thread.start()
            else:
                self._alarm.set()

    def arm(self) -> None:
        """Take a turn soon."""
        if not self._armed:
            self._armed = True
            self._alarm.set()

    def close(self) -> None:
        """Let the thread end."""
        with self._guard:
            self._closed = True
        self._alarm.set()
        # A thread inside SQLite while the interpreter ends would bring it down.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def _run(self) -> None:
        engine = self._engine
        threads = engine.lanes.threads
        last = 0.0
        while not self._closed:
            pause = self._pause()
            self._alarm.wait(pause)
            self._alarm.clear()
            if self._armed:
                self._armed = False
                sleep(COMMIT_AFTER)
                threads.relieve()
                if threads.waiting:
                    self.arm()
            # A busy engine arms the clock without end; the rest must get its turn too.
            if monotonic() - last >= (pause or POLL):
                engine.put(self._tick)
                last = monotonic()
                engine.turn()
            elif engine.has_events and perf_counter() - engine.oldest > COMMIT_AFTER:
                engine.turn()

    def _pause(self) -> float | None:
        engine = self._engine
        borrower = engine.borrower
        if engine.lender.active or (borrower is not None and borrower.active):
            return POLL_LOANS
        # A cancelled attempt may outlive its job, and must still be made to end.
        at_work = engine.jobs or engine.running or engine.has_events
        return POLL if at_work or (borrower is not None and borrower.expects_loans) else None

    def _tick(self, now: float, batch: Batch) -> None:
        engine = self._engine
        for job in engine.jobs.values():
            wake = job.graph.next_wake
            if wake is not None and wake <= now:
                job.graph.clock_reached(now)
                job.collect(now, batch)
                engine.touch(job)
        engine.stopper.kill_overdue(now)
        engine.notes.write_reports(batch)
        apply_requests(engine, now, batch)
        engine.lender.look(now, batch)
        borrower = engine.borrower  # which another thread may be taking away
        if borrower is not None:
            borrower.look(now, batch)
