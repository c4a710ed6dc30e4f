"""Worker processes of one engine: attempts go to the pool, its answers come back as events."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fairlead.sdk import settings
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Progress

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine
    from fairlead.backends.local.running import RunningAttempt
    from fairlead.runner.pool import WorkerPool
    from fairlead.sdk.cache import JobCache

COMMIT_WITHIN = 0.002
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

    def __init__(self, engine: Engine, size: int) -> None:
        self.size = size
        self.in_flight = 0
        self._engine = engine
        self._pool: WorkerPool | None = None
        self._programs: list[str] = []
        self._attempts: dict[int, RunningAttempt] = {}
        self._ticket = 0
        self._surplus = 0
        self._mean = 1.0
        self._guard = threading.Lock()

    @property
    def room(self) -> int:
        """How many more attempts may be started now."""
        mean = self._mean
        ahead = min(MOST_AHEAD, int(self.size * COMMIT_WITHIN / mean)) if mean < 0.0005 else 0
        return self.size + self._surplus + ahead - self.in_flight

    def hand_over(self, attempts: list[RunningAttempt]) -> None:
        """Take attempts whose starts have been committed."""
        with self._guard:
            pool = self._pool_for(attempts)
            for attempt in attempts:
                self._ticket += 1
                attempt.ticket = self._ticket
                self._attempts[self._ticket] = attempt
                pool.submit(self._ticket, attempt.order)

    def _pool_for(self, attempts: list[RunningAttempt]) -> WorkerPool:
        from fairlead.runner.pool import WorkerPool

        for attempt in attempts:
            program = attempt.definition.origin.file or attempt.definition.origin.module
            if program not in self._programs:
                self._programs.append(program)
                if self._pool is not None:
                    self._pool.add_program(program)
        if self._pool is None:
            self._pool = WorkerPool(
                self.size,
                self,
                programs=list(self._programs),
                grace=settings.grace(),
                files_root=str(self._engine.store.files_folder("x", "y").parent.parent),
            )
        return self._pool

    def stop(self, attempt: RunningAttempt) -> None:
        """Ask an attempt to stop."""
        if self._pool is not None:
            self._pool.stop(attempt.ticket)

    def kill(self, attempt: RunningAttempt) -> None:
        """End the worker that runs an attempt."""
        if self._pool is not None:
            self._pool.kill(attempt.ticket, attempt.kill_as or OutcomeKind.LOST)

    def close(self) -> None:
        """End all workers."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(0.0)

    # --- called by the pool's reader thread -----------------------------------------

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        """Take an attempt's outcome; the pool asks for a turn when it has read all."""
        attempt = self._attempts.pop(ticket, None)
        if attempt is None:
            return
        attempt.outcome = outcome
        self._engine.put(attempt)

    def drained(self) -> None:
        """Take a turn: the pool has read all answers that had arrived."""
        self._engine.turn()

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show and keep a log line."""
        attempt = self._attempts.get(ticket)
        if attempt is not None:
            attempt.log(level, message, fields)

    def printed(self, ticket: int, level: str, text: str) -> None:
        """Show and keep what a task printed."""
        attempt = self._attempts.get(ticket)
        if attempt is not None:
            self._engine.notes.printed(attempt, level, text)

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
