"""An attempt that has been started: its order, and what its task's code may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairlead.core.node import Key
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Progress

if TYPE_CHECKING:
    from fairlead.backends.local.driven import DrivenJob
    from fairlead.backends.local.engine import Engine
    from fairlead.runner.pool import WorkerPool
    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.definitions import TaskDefinition


class RunningAttempt:
    """One started attempt; the :class:`fairlead.sdk.attempt.AttemptHost` of a thread.

    Attributes
    ----------
    key
        The task's node in the job's graph.
    row
        The row number of the task object.
    kill_as
        What the attempt will have ended as once it has been killed; None if it is not.
    abandoned
        The attempt has been given up: its thread may go on, its outcome is ignored.
    """

    __slots__ = (
        "abandoned", "definition", "engine", "in_process", "job", "key", "kill_as", "kill_at",
        "logged", "order", "outcome", "partial", "pool", "row", "started", "stopping", "ticket",
    )  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        job: DrivenJob,
        key: Key,
        row: int,
        order: AttemptOrder,
        definition: TaskDefinition,
        started: float,
    ) -> None:
        self.engine = engine
        self.job = job
        self.key = key
        self.row = row
        self.order = order
        self.definition = definition
        self.started = started
        self.stopping = False
        self.abandoned = False
        self.kill_as: OutcomeKind | None = None
        self.kill_at = 0.0
        self.in_process = False
        self.ticket = 0
        self.pool: WorkerPool | None = None
        self.logged = 0
        self.partial: dict[str, str] = {}
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
