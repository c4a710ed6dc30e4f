"""Running jobs in this process: one lock, one inbox, whoever is free takes a turn.

Every event (an attempt's outcome, a request, the passing of time) goes into the inbox.
A *turn* takes what is there, lets the graphs decide, starts what is ready, and commits
all of it at once; only then are started attempts handed to workers and waiters told.
The worker that finishes an attempt takes the turn itself, so a chain of tasks needs no
change of thread; while one worker takes a turn the others' outcomes gather for the next.

If a commit fails (a full disk), the graphs know more than the store: the engine gives
up its jobs and tells every waiter why.  The store is the truth, so nothing recorded is
lost and the jobs can be continued.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter, time

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.borrowed import BorrowedJob
from fairlead.backends.local.borrowing import Borrower
from fairlead.backends.local.clock import Clock
from fairlead.backends.local.console import Console
from fairlead.backends.local.driven import DrivenJob
from fairlead.backends.local.interrupts import uninterrupted
from fairlead.backends.local.lanes import Lanes
from fairlead.backends.local.lending import Lender
from fairlead.backends.local.loading import load_job
from fairlead.backends.local.notes import Notes
from fairlead.backends.local.outbox import publish
from fairlead.backends.local.running import RunningAttempt
from fairlead.backends.local.stopping import Stopper
from fairlead.backends.local.store import Store
from fairlead.backends.local.upstream import resolve
from fairlead.backends.local.waiters import Waiters
from fairlead.core.node import Key
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import NewTask, RunnerOptions

Event = Callable[[float, Batch], None]
"""Something to do inside a turn, given the time and the commit's rows."""


class Engine:
    """Drives any number of jobs of one store on the workers of this process.

    Attributes
    ----------
    jobs
        The jobs driven here, by row number.
    running
        The attempts that have been started here and not ended, by node.
    """

    def __init__(self, store: Store, options: RunnerOptions, waiters: Waiters) -> None:
        self.store = store
        self.options = options
        self.console = Console()
        self.jobs: dict[int, DrivenJob] = {}
        self.running: dict[Key, RunningAttempt] = {}
        self.waiters = waiters
        self.notes = Notes(self)
        self.lanes = Lanes(self)
        self.stopper = Stopper(self)
        self.lender = Lender(self)
        self.borrower: Borrower | None = None
        self.error: Exception | None = None
        self._lock = threading.Lock()
        self.oldest = 0.0
        """When the oldest event that waits for a turn came, by ``time.perf_counter()``."""
        self._inbox: deque[RunningAttempt | Event] = deque()
        self._hot: dict[int, DrivenJob] = {}
        self._touched: dict[int, DrivenJob] = {}
        self._changed = threading.Event()
        self._closed = False
        self._clock = Clock(self)

    # --- events -------------------------------------------------------------------

    @property
    def has_events(self) -> bool:
        """Whether something waits for a turn."""
        return bool(self._inbox)

    def put(self, event: RunningAttempt | Event) -> None:
        """Leave an event for the next turn."""
        if not self._inbox:
            self.oldest = perf_counter()
        self._inbox.append(event)

    def arm(self) -> None:
        """Have the clock thread take a turn soon, if nobody else does before."""
        self._clock.arm()

    def turn(self) -> None:
        """Handle all events that are there, unless another thread is about it."""
        while self._inbox and not self._closed:
            if not self._lock.acquire(blocking=False):
                return
            try:
                after = [] if self._closed else self._take_turn()
            finally:
                self._lock.release()
            for callback in after:
                callback()

    def call(self, event: Event) -> None:
        """Handle one event now; whatever it raises is raised here, and stores nothing."""
        with uninterrupted():
            self._call(event)

    def _call(self, event: Event) -> None:
        failures: list[Exception] = []

        def guarded(now: float, batch: Batch) -> None:
            try:
                event(now, batch)
            except Exception as error:
                failures.append(error)

        with self._lock:
            self._inbox.append(guarded)
            after = self._take_turn()
        for callback in after:
            callback()
        self.turn()
        if failures:
            raise failures[0]
        if self.error is not None:
            raise self.error

    def touch(self, job: DrivenJob) -> None:
        """Note that a job may have changed or have ready tasks.  Inside a turn only."""
        self._touched[job.number] = job

    # --- a turn -------------------------------------------------------------------

    def _take_turn(self) -> list[Callable[[], None]]:
        now = time()
        batch = Batch()
        inbox = self._inbox
        try:
            while inbox:
                event = inbox.popleft()
                if type(event) is RunningAttempt:
                    self.ended(event, now, batch)
                else:
                    event(now, batch)  # type: ignore[operator]
            self._hot |= self._touched
            begun = self._start_ready(now, batch)
            for job in self._touched.values():
                if job.stops:
                    self.stopper.stop(job, now)
                job.write_job(now, batch)
            self.notes.write(batch)
            self.lender.write(batch)
            self._commit(batch, begun)
            after = self._publish(batch)
        except Exception as error:
            return self._give_up(error)
        self._touched.clear()
        if begun:
            self.lanes.hand_over(begun)
        elif not self.running:
            self._changed.set()
        return after

    def ended(self, attempt: RunningAttempt, now: float, batch: Batch) -> None:
        """Take an attempt's outcome, if it counts.  Inside a turn only."""
        self.lanes.ended(attempt)
        if self.running.get(attempt.key) is attempt:
            del self.running[attempt.key]
        job = attempt.job
        outcome = attempt.outcome
        if outcome is None or attempt.abandoned:
            return
        driven = self.jobs.get(job.number)
        if driven is job:
            self.notes.forget(attempt)
            self._touched[job.number] = driven
            driven.finish(attempt.key, attempt.row, attempt.order, outcome, now, batch)
        elif isinstance(job, BorrowedJob):
            self.notes.forget(attempt)
            job.borrower.ended(attempt, outcome, batch)

    def abandon(self, attempt: RunningAttempt, outcome: AttemptOutcome) -> None:
        """Give a thread's attempt up: it counts as ended so, whatever the thread does."""

        def end(now: float, batch: Batch) -> None:
            if self.running.get(attempt.key) is attempt and not attempt.abandoned:
                self.give_up(attempt, outcome, now, batch)

        self.put(end)

    def give_up(
        self, attempt: RunningAttempt, outcome: AttemptOutcome | None, now: float, batch: Batch
    ) -> None:
        """End an attempt without waiting for it; None if its end is nobody's concern."""
        attempt.stopping = True
        attempt.outcome = outcome
        self.ended(attempt, now, batch)
        attempt.abandoned = True
        self.lanes.abandoned(attempt)

    def _start_ready(self, now: float, batch: Batch) -> list[RunningAttempt]:
        begun: list[RunningAttempt] = []
        self.lanes.begin_turn()
        for number, job in list(self._hot.items()):
            attempts = self.lanes.start(job, now, batch)
            if attempts:
                begun += attempts
                self._touched[number] = job
            if self.lender.offers and self.lender.lend(job, now, batch):
                self._touched[number] = job
            if not job.graph.ready_count or not (self.lanes.full or job.machine_group):
                # What is still ready for workers with room cannot start before something
                # in this job changes, and then it is touched; only a group's machines may
                # be given back by another job.
                del self._hot[number]
        for attempt in begun:
            self.running[attempt.key] = attempt
        return begun

    def _commit(self, batch: Batch, begun: list[RunningAttempt]) -> None:
        referring = [attempt.order for attempt in begun if attempt.order.refs]
        if batch.is_empty:
            return
        with self.store.transaction(synced=batch.synced) as connection:
            batch.write(connection)
            for order in referring:
                order.upstream = resolve(connection, {str(ref.task) for ref in order.refs})

    def _publish(self, batch: Batch) -> list[Callable[[], None]]:
        """After the commit: external caches, ended jobs, waiters."""
        if batch.outbox:
            for number in {row[0] for row in batch.outbox}:
                publish(self.store, number, self.jobs[number].cache)
        after: list[Callable[[], None]] = []
        if batch.finals and self.waiters.any_task:
            after += self.waiters.tasks_ended(self.jobs, batch.finals)
        for job in self._touched.values():
            if (job.graph.is_final or job.released) and self.jobs.get(job.number) is job:
                self._let_go(job)
                after += self.waiters.job_let_go(job.number, final=job.graph.is_final)
        return after

    def _give_up(self, error: Exception) -> list[Callable[[], None]]:
        self.error = error
        self._changed.set()
        after: list[Callable[[], None]] = []
        for job in list(self.jobs.values()):
            self._let_go(job)
            after += self.waiters.job_let_go(job.number, final=False)
        for attempt in self.running.values():
            attempt.stopping = attempt.abandoned = True
        self.running.clear()
        self.lender.fail()
        self._touched.clear()
        return after

    # --- jobs that other processes drive ------------------------------------------

    def offer_workers(self, only: int | None) -> None:
        """Offer the workers to the drivers of all other jobs, or of only one."""
        self.notes.start()
        self.borrower = Borrower(self, only)
        self.wake_clock()

    def wake_clock(self) -> None:
        """Let the clock look at once how often it has to look."""
        self._clock.start()

    def withdraw_offer(self) -> None:
        """Take the offer back; what was borrowed is given back, charged to nobody."""
        borrower, self.borrower = self.borrower, None
        if borrower is not None:
            borrower.close()

    # --- jobs ---------------------------------------------------------------------

    def drive(self, number: int) -> bool:
        """Begin to drive a job; False if another driver has it, or it has ended.

        Attempts of a driver that died are reclaimed first.
        """
        if number in self.jobs:
            return True
        if self.error is not None:
            raise self.error
        return self.store.locks.acquire(number) and self._begin(number, fresh=False)

    def drive_session(self, number: int) -> None:
        """Begin to drive a session that this program has just submitted, with its lock."""
        self._begin(number, fresh=True)

    def _begin(self, number: int, *, fresh: bool) -> bool:
        def begin(now: float, batch: Batch) -> None:
            job = load_job(self.store, number, self.options, now, batch, fresh=fresh)
            if job is None:
                self.store.locks.release(number)
                return
            publish(self.store, job.number, job.cache)
            borrower = self.borrower  # which another thread may be taking away
            if borrower is not None:
                borrower.leave(number, now, batch)
            self.jobs[number] = job
            self.touch(job)
            self.lender.look(now, batch)

        self.notes.start()  # what the first task prints is kept too
        try:
            self.call(begin)
        except BaseException:
            if number not in self.jobs:
                self.store.locks.release(number)
            raise
        self._clock.start()
        return number in self.jobs

    def add_tasks(self, number: int, tasks: Sequence[NewTask], now: float, batch: Batch) -> None:
        """Add top-level tasks to an open job.  Inside a turn only."""
        job = self.jobs[number]
        job.add(tasks, now, batch)
        self.touch(job)

    def refresh(self) -> None:
        """Look again at what is ready: more may be allowed to start than before."""

        def look(now: float, batch: Batch) -> None:
            for job in self.jobs.values():
                self.touch(job)

        self.call(look)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs here, can start here, or will by the passing of time."""
        self._catch_up()
        if self._inbox or self.running:
            return False
        with self._lock:
            if self._inbox or self.running:
                return False
            return not any(self._may_go_on(job) for job in self.jobs.values())

    def is_stuck(self, number: int) -> bool:
        """Whether a job driven here waits for tasks that can only run elsewhere."""
        self._catch_up()
        with self._lock:
            job = self.jobs.get(number)
            return job is not None and not self._inbox and self._is_stuck(job)

    def _catch_up(self) -> None:
        """Handle what came while this thread held the lock to look, and so no turn took.

        Nobody else might: the clock sleeps for good once no job is driven.
        """
        if self._inbox:
            with uninterrupted():
                self.turn()

    def _is_stuck(self, job: DrivenJob) -> bool:
        if not job.graph.closed or job.graph.suspended or self._may_go_on(job):
            return False
        return not any(attempt.job is job for attempt in self.running.values())

    def release_if_stuck(self, number: int) -> None:
        """Stop driving a job that waits for tasks that can only run elsewhere."""

        def look(now: float, batch: Batch) -> None:
            job = self.jobs.get(number)
            if job is not None and self._is_stuck(job):
                job.released = True
                self.touch(job)

        self.call(look)

    def _may_go_on(self, job: DrivenJob) -> bool:
        graph = job.graph
        if graph.suspended:
            return False
        return graph.next_wake is not None or (bool(graph.ready_count) and self.lanes.can_run(job))

    def wait_for_change(self, seconds: float) -> None:
        """Return when something may have come to an end here, or when time is up."""
        self._changed.wait(seconds)
        self._changed.clear()

    def _let_go(self, job: DrivenJob) -> None:
        self.jobs.pop(job.number, None)
        self._hot.pop(job.number, None)
        self.store.locks.release(job.number)

    def release(self, number: int) -> None:
        """Stop driving a job: running attempts go back to the queue, charged to nobody."""

        def end(now: float, batch: Batch) -> None:
            job = self.jobs.get(number)
            if job is None:
                return
            job.released = True
            for attempt in [a for a in self.running.values() if a.job is job]:
                self.give_up(attempt, AttemptOutcome(OutcomeKind.RELEASED), now, batch)
            self.touch(job)

        self.call(end)

    def close(self) -> None:
        """Release every job and end the workers."""
        self.withdraw_offer()
        for number in list(self.jobs):
            self.release(number)
        if self.lender.active and self.error is None:
            self.call(self.lender.close)
        with self._lock:  # not in the middle of another thread's turn
            self._closed = True  # a thread that comes back later finds nobody to tell
        self.lanes.close()
        self._clock.close()
        self.notes.close()
