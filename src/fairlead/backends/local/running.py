"""An attempt that has been started: its order, and what its task's code may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fairlead.core.effects import StopKind
from fairlead.core.node import Key
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Progress

if TYPE_CHECKING:
    from fairlead.backends.local.engine import Engine
    from fairlead.runner.pool import WorkerPool
    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.definitions import TaskDefinition


class Workers(Protocol):
    """What runs attempts: threads, worker processes, or what another process offers.

    Attributes
    ----------
    in_flight
        Attempts handed over and not yet finished.  Written under the turn's lock.
    lag
        Seconds between asking for an attempt's end and its outcome, beyond its own time.
    pace
        Seconds that an attempt takes, the mean of the last few.
    """

    in_flight: int
    lag: float

    @property
    def pace(self) -> float: ...

    def stop(self, attempt: RunningAttempt, kind: StopKind) -> None:
        """Tell an attempt to stop, where setting its flag is not enough."""

    def give_up(self, attempt: RunningAttempt) -> None:
        """Make up for an attempt that was abandoned: its outcome does not count any more."""


class AttemptJob(Protocol):
    """What an attempt knows of its job: driven here, or by another process."""

    @property
    def number(self) -> int: ...

    @property
    def cache(self) -> JobCache: ...


class RunningAttempt:
    """One started attempt; the :class:`fairlead.sdk.attempt.AttemptHost` of a thread.

    Attributes
    ----------
    key
        The task's node in the job's graph.
    row
        The row number of the task object.
    definition
        What is run; unset where it is lent to another process.
    workers
        What runs it.
    kill_as
        What the attempt will have ended as once it has been killed; None if it is not.
    abandoned
        The attempt has been given up: its thread may go on, its outcome is ignored.
    """

    __slots__ = (
        "abandoned", "definition", "engine", "in_process", "job", "key", "kill_as", "kill_at",
        "logged", "order", "outcome", "partial", "pool", "row", "started", "stopping", "ticket",
        "workers",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        job: AttemptJob,
        key: Key,
        row: int,
        order: AttemptOrder,
        definition: TaskDefinition | None,
        started: float,
    ) -> None:
        self.engine = engine
        self.job = job
        self.key = key
        self.row = row
        self.order = order
        if definition is not None:
            self.definition: TaskDefinition = definition
        self.started = started
        self.stopping = False
        self.abandoned = False
        self.kill_as: OutcomeKind | None = None
        self.kill_at = 0.0
        self.in_process = False
        self.workers: Workers
        self.ticket = 0
        self.pool: WorkerPool | None = None
        self.logged = 0
        self.partial: dict[str, list[str]] = {}
        self.outcome: AttemptOutcome | None = None

    def should_stop(self) -> bool:
        """Return whether the task has been asked to stop."""
        return self.stopping

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show one log line on stderr and keep it with the task."""
        self.engine.console.show(level, message, fields)
        self.engine.notes.log(self, level, message, fields)

    def report(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        """Make the task's present display, progress and status visible to others."""
        self.engine.notes.report(self, (display, progress, status_text))

    def cache(self) -> JobCache:
        """Return the job's cache as committed."""
        return self.job.cache

    def files_folder(self) -> str:
        """Return the task's folder of files, made if it is absent."""
        folder = self.engine.store.files_folder(self.order.job_id, self.order.task_id)
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)
