"""Asking attempts to stop, and making them, once they have had time to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.backends.local.explained import explained
from fairlead.core.effects import StopKind
from fairlead.errors import TaskCancelledError
from fairlead.sdk import settings
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure

if TYPE_CHECKING:
    from fairlead.backends.local.driven import DrivenJob
    from fairlead.backends.local.engine import Engine
    from fairlead.backends.local.running import RunningAttempt


class Stopper:
    """Carries out the stops that graphs decide on.  Used under the engine's lock."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: list[RunningAttempt] = []
        self.abandoned = 0

    def stop(self, job: DrivenJob, now: float) -> None:
        """Tell the attempts that a job's graph wants stopped."""
        stops, job.stops = job.stops, []
        for stop in stops:
            attempt = self._engine.running.get(stop.key)
            if attempt is not None and attempt.order.attempt == stop.attempt:
                self.stop_one(attempt, stop.kind, now)

    def stop_one(self, attempt: RunningAttempt, kind: StopKind, now: float) -> None:
        """Tell an attempt to stop; unless it is only asked to, see to it that it does."""
        left = self._left(attempt) if kind is StopKind.TIMEOUT else 0.0
        if not left:
            attempt.stopping = True
            attempt.workers.stop(attempt, kind)
        if kind is StopKind.STOP:
            return
        if kind is StopKind.TIMEOUT:
            attempt.kill_as = OutcomeKind.TIMEOUT
            attempt.kill_at = now + left + attempt.workers.lag
        else:
            attempt.kill_as = OutcomeKind.LOST
            attempt.kill_at = now + settings.grace() + attempt.workers.lag
        if attempt.kill_at <= now:
            self._kill(attempt)
        else:
            self._waiting.append(attempt)

    def _left(self, attempt: RunningAttempt) -> float:
        """Return how much of its time a worker process has left.

        It may have begun late, or not yet: the processes may just be starting.
        """
        if not attempt.in_process or attempt.order.timeout is None:
            return 0.0
        taken = self._engine.lanes.processes.begun(attempt)
        return max(0.0, attempt.order.timeout - (taken or 0.0))

    def kill_overdue(self, now: float) -> None:
        """Kill or abandon the attempts whose grace period is over."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for attempt in waiting:
            if self._engine.running.get(attempt.key) is not attempt or attempt.abandoned:
                continue
            if attempt.kill_at <= now and attempt.kill_as is OutcomeKind.TIMEOUT:
                attempt.kill_at = now + self._left(attempt)
            if attempt.kill_at <= now:
                self._kill(attempt)
            else:
                self._waiting.append(attempt)

    def _kill(self, attempt: RunningAttempt) -> None:
        assert attempt.kill_as is not None
        if attempt.in_process:
            self._engine.lanes.processes.kill(attempt, attempt.kill_as)
            return
        timed = attempt.kill_as is OutcomeKind.TIMEOUT
        outcome = AttemptOutcome(
            attempt.kill_as, failure=timed_out(attempt) if timed else _did_not_stop(attempt)
        )
        if attempt.workers is self._engine.lanes.threads:
            outcome.version = attempt.definition.version
        self.abandoned += 1
        self._engine.abandon(attempt, outcome)


def timed_out(attempt: RunningAttempt) -> Failure:
    """Return the failure of an attempt that took longer than its limit."""
    error = TimeoutError(
        f"{attempt.order.identifier} took longer than its limit of"
        f" {attempt.order.timeout or 0.0:g} s. Raise its timeout, or split the task."
    )
    return explained(error, OutcomeKind.TIMEOUT)


def _did_not_stop(attempt: RunningAttempt) -> Failure:
    error = TaskCancelledError(
        f"{attempt.order.identifier} was told to stop and did not within the grace period."
    )
    return explained(error, "CANCELLED")
