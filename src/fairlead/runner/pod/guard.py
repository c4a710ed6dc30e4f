"""Keeps a running task within its bounds: time, memory, and what it is told."""

from __future__ import annotations

import time

from fairlead.errors import TaskCancelledError
from fairlead.runner.pod.assignment import Assignment
from fairlead.runner.pod.context import Pod
from fairlead.runner.pod.outcomes import own_outcome
from fairlead.runner.pod.stage import Stage
from fairlead.sdk.attempt import AttemptOutcome, AttemptUsage, OutcomeKind

_SELDOM = 1.0
"""Seconds between looks where nothing is due: a signal may have come."""


class Guard:
    """Decides when an attempt is asked to stop and when it is killed, and what it then is.

    Used by the main thread alone.
    """

    def __init__(
        self, pod: Pod, stage: Stage, assignment: Assignment, timeout: float | None
    ) -> None:
        self._pod = pod
        self._stage = stage
        self._name = assignment.spec["identifier"]
        grace = assignment.spec.get("graceSeconds")
        self._grace = pod.settings.grace if grace is None else float(grace)
        self._timeout = timeout
        self._memory = pod.ground.memory()
        self._begun: float | None = None
        self._kill_at = float("inf")
        self._terminating = False
        self._killed: AttemptOutcome | None = None
        self._killed_at = float("inf")
        if assignment.stop:
            self.stop(assignment.stop)

    # --- what it is told --------------------------------------------------------------

    def stop(self, how: str) -> None:
        """Obey ``status.stop``: Stop, Cancel or Timeout."""
        if how == "Timeout":
            self._kill(self._timed_out())
            return
        self._stage.stop()
        if how == "Cancel":
            self._kill_within(self._grace)

    def give_up(self) -> None:
        """End the attempt, whose outcome is for nobody."""
        self._kill(own_outcome(OutcomeKind.RELEASED, TaskCancelledError("The task is not held.")))

    # --- what it sees -----------------------------------------------------------------

    def look(self) -> float:
        """Do what is due; return in how many seconds to look again."""
        now = time.monotonic()
        if self._pod.terminating.is_set() and not self._terminating:
            self._terminating = True
            self._stage.stop()
            self._kill_within(min(self._grace, self._pod.settings.grace))
        if self._killed is not None:
            return _SELDOM
        if now >= self._kill_at:
            self._kill(self._did_not_stop())
        left = self._left(now)
        if left <= 0:
            self._kill(self._timed_out())
        too_much, again = self._memory.look()
        if too_much:
            self._kill(self._out_of_memory())
        return max(0.0, min(_SELDOM, again, left, self._kill_at - now))

    def _left(self, now: float) -> float:
        if self._timeout is None:
            return float("inf")
        if self._begun is None and (begun := self._stage.begun()) is not None:
            # Kept as it is first told, by the process that the limit is for.
            self._begun = min(begun, now)
        return self._timeout if self._begun is None else self._begun + self._timeout - now

    def _kill_within(self, seconds: float) -> None:
        self._kill_at = min(self._kill_at, time.monotonic() + seconds)

    def _kill(self, outcome: AttemptOutcome) -> None:
        if self._killed is None:
            self._killed = outcome
            self._killed_at = time.monotonic()
            self._stage.kill(outcome.kind)

    # --- what it then is --------------------------------------------------------------

    def judged(self, outcome: AttemptOutcome) -> AttemptOutcome:
        """Return what an attempt counts as that has ended like this."""
        counted = self._judged(outcome)
        counted.usage = self._usage(outcome)
        return counted

    def _usage(self, outcome: AttemptOutcome) -> AttemptUsage | None:
        """Return what it took; of memory, what the whole pod was seen to take if that is more."""
        usage = outcome.usage
        if usage is None:
            return None
        return usage._replace(memory=max(usage.memory, self._memory.peak))

    def _judged(self, outcome: AttemptOutcome) -> AttemptOutcome:
        if outcome.kind is OutcomeKind.SUCCEEDED:
            return outcome
        if self._came_after_the_end(outcome):
            return self._disrupted(outcome)
        if self._killed is not None and outcome.kind is self._killed.kind:
            return self._killed
        if outcome.kind is OutcomeKind.TIMEOUT:
            return self._timed_out()
        return outcome

    def _came_after_the_end(self, outcome: AttemptOutcome) -> bool:
        """Return whether an attempt failed only after the pod was told to end.

        That may be because of it, and is not the task's fault.  What went wrong before is,
        though it may be told here only now.
        """
        told = self._pod.terminated
        if told is None:
            return False
        return (outcome.ended or self._killed_at) >= told

    def _disrupted(self, outcome: AttemptOutcome) -> AttemptOutcome:
        what = outcome.failure.summary if outcome.failure is not None else outcome.kind.value
        error = TaskCancelledError(f"The pod was told to end while {self._name} ran. {what}")
        return own_outcome(OutcomeKind.DISRUPTED, error, outcome.version)

    def _timed_out(self) -> AttemptOutcome:
        limit = f" of {self._timeout:g} s" if self._timeout is not None else ""
        error = TimeoutError(
            f"{self._name} took longer than its limit{limit}. Raise its timeout, or split the task."
        )
        return own_outcome(OutcomeKind.TIMEOUT, error)

    def _did_not_stop(self) -> AttemptOutcome:
        error = TaskCancelledError(
            f"{self._name} was told to stop and did not within the grace period."
        )
        return own_outcome(OutcomeKind.LOST, error)

    def _out_of_memory(self) -> AttemptOutcome:
        limit = (self._memory.limit or 0) / 2**20
        error = MemoryError(
            f"{self._name} took more memory than its pod has ({limit:,.0f} MiB). Let it use less,"
            f" or give it a larger machine size."
        )
        return own_outcome(OutcomeKind.OUT_OF_MEMORY, error)
