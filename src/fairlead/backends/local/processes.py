"""Worker processes of one engine: attempts go to the pool, its answers come back as events."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

from fairlead.backends.local.explained import explained
from fairlead.backends.local.stopping import timed_out
from fairlead.core.effects import StopKind
from fairlead.errors import FairleadError
from fairlead.sdk import settings
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Progress

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine
    from fairlead.backends.local.running import RunningAttempt
    from fairlead.runner.pool import WorkerPool
    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.definitions import TaskDefinition

COMMIT_WITHIN = 0.004
"""Seconds of work that workers hold ahead, and an outcome may wait for a commit."""

MOST_AHEAD = 128
"""Most attempts started beyond the number of workers, however short they are."""


class ProcessWorkers:
    """Runs attempts in worker processes; the pool is started when first needed.

    Attributes
    ----------
    in_flight
        Attempts handed over and not yet finished.  Written under the turn's lock.
    """

    lag = 0.0

    def __init__(self, engine: Engine, size: int) -> None:
        self.size = size
        self.in_flight = 0
        self._engine = engine
        self._pools: list[WorkerPool] = []
        self._programs: set[str] = set()
        self._attempts: dict[int, RunningAttempt] = {}
        self._ticket = 0
        self._surplus = 0
        self._mean = 1.0
        self._last = 0.0
        self._guard = threading.Lock()

    @property
    def pace(self) -> float:
        """Seconds that an attempt takes, the mean of the last few."""
        return self._mean

    @property
    def room(self) -> int:
        """How many more attempts may be started now."""
        mean = self._mean
        ahead = min(MOST_AHEAD, int(self.size * COMMIT_WITHIN / mean)) if mean < 0.0005 else 0
        return self.size + self._surplus + ahead - self.in_flight

    def hand_over(self, attempts: list[RunningAttempt]) -> None:
        """Take attempts whose starts have been committed."""
        by_program: dict[str, list[RunningAttempt]] = {}
        for attempt in attempts:
            by_program.setdefault(_program(attempt.definition), []).append(attempt)
        with self._guard:
            for program, its_attempts in by_program.items():
                self._submit(program, its_attempts)

    def _submit(self, program: str, attempts: list[RunningAttempt]) -> None:
        """Give attempts to workers that have imported their program."""
        left = list(attempts)
        try:
            pool = self._pool_for(program)
            while left:
                attempt = left[0]
                self._ticket += 1
                attempt.ticket = self._ticket
                attempt.pool = pool
                if self._engine.options.definitions is not None:
                    # The worker knows all that the program defines, this runner only some.
                    chosen = attempt.definition
                    attempt.order.chosen = chosen.version, chosen.origin.qualname
                self._attempts[self._ticket] = attempt
                pool.submit(self._ticket, attempt.order)
                del left[0]
        except FairleadError as error:
            self._refuse(left, error)

    def _refuse(self, attempts: list[RunningAttempt], error: FairleadError) -> None:
        for attempt in attempts:
            failure = explained(error, OutcomeKind.NON_RETRYABLE)
            attempt.outcome = AttemptOutcome(OutcomeKind.NON_RETRYABLE, failure=failure)
            self._engine.put(attempt)

    def _pool_for(self, program: str) -> WorkerPool:
        """Return a pool whose workers have imported the program.

        Only programs that are needed are imported, so that one which cannot be imported
        fails nothing but its own tasks.
        """
        from fairlead.runner.pool import WorkerPool

        if self._pools and program in self._programs and self._pools[-1].alive:
            return self._pools[-1]
        programs = self._programs | {program}
        pool = WorkerPool(
            self.size,
            self,
            programs=sorted(programs),
            grace=settings.grace(),
            memory_limit=settings.worker_memory(),
            files_root=str(self._engine.store.files_folder("job", "task").parent.parent),
        )
        self._programs = programs
        self._pools.append(pool)
        return pool

    def begun(self, attempt: RunningAttempt) -> float | None:
        """Return how many seconds ago an attempt was begun; None if it was not yet."""
        begun = None if attempt.pool is None else attempt.pool.begun(attempt.ticket)
        return None if begun is None else monotonic() - begun

    def give_up(self, attempt: RunningAttempt) -> None:
        """End the worker of an attempt whose outcome does not count any more."""
        self.kill(attempt, OutcomeKind.LOST)

    def stop(self, attempt: RunningAttempt, kind: StopKind) -> None:
        """Ask an attempt to stop; whether it must is seen to by the stopper."""
        if attempt.pool is not None:
            attempt.pool.stop(attempt.ticket)

    def kill(self, attempt: RunningAttempt, kind: OutcomeKind) -> None:
        """End the worker that runs an attempt; its outcome, of that kind, comes as any does."""
        if attempt.pool is not None:
            attempt.pool.kill(attempt.ticket, kind)

    def close(self) -> None:
        """End all workers."""
        pools, self._pools = self._pools, []
        for pool in pools:
            pool.close(0.0)

    # --- called by the pool's reader thread -----------------------------------------

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        """Take an attempt's outcome; the pool asks for a turn when it has read all."""
        attempt = self._attempts.pop(ticket, None)
        if attempt is None:
            return
        now = monotonic()
        self._mean += ((now - self._last) * self.size - self._mean) * 0.0625
        self._last = now
        if outcome.kind is OutcomeKind.TIMEOUT:
            outcome.failure = timed_out(attempt)
        attempt.outcome = outcome
        self._engine.put(attempt)

    def settled(self) -> None:
        """Take a turn: the pool has read all answers that had arrived."""
        self._engine.turn()

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show and keep a log line."""
        attempt = self._attempts.get(ticket)
        if attempt is not None:
            attempt.log(level, message, fields)

    def printed(self, ticket: int, stream: str, text: str) -> None:
        """Keep what a task printed; the pool shows it."""
        attempt = self._attempts.get(ticket)
        if attempt is not None:
            self._engine.notes.printed(attempt, stream, text)

    def reported(
        self,
        ticket: int,
        display: str | None,
        progress: tuple[Progress, ...],
        status_text: str | None,
    ) -> None:
        """Keep an attempt's latest report."""
        attempt = self._attempts.get(ticket)
        if attempt is not None:
            attempt.report(display, progress, status_text)

    def cache_for(self, ticket: int) -> JobCache:
        """Return the cache that an attempt reads."""
        return self._attempts[ticket].cache()

    def blocked(self, ticket: int, is_blocked: bool) -> None:
        """Make room for another attempt while one waits inside."""
        self._surplus += 1 if is_blocked else -1


def _program(definition: TaskDefinition) -> str:
    """Return what a worker imports to know a definition: a file, or a module."""
    origin = definition.origin
    return origin.file or origin.module if origin.module == "__main__" else origin.module
