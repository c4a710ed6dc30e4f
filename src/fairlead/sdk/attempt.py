"""One attempt of a task: the order to run it, what it may ask of its host, its outcome.

These records pass between a backend, which decides that an attempt runs, and
:func:`fairlead.runner.execute.execute`, which runs it: in a thread, in a worker
process or in a pod.  They hold JSON text and plain values only, so that they can
cross a process boundary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.core.outcomes import OutcomeKind
from fairlead.sdk.backend import AttemptUsage, Failure, NewTask, Progress, Ref

if TYPE_CHECKING:
    from fairlead.sdk.cache import JobCache

__all__ = [
    "NO_UPSTREAM",
    "AttemptHost",
    "AttemptOrder",
    "AttemptOutcome",
    "AttemptUsage",
    "OutcomeKind",
    "Upstream",
]


@dataclass(frozen=True, slots=True)
class Upstream:
    """What a task that others refer to ended with.

    ``result`` is its result as JSON, or None where it has none; ``state`` says why.
    """

    task_id: str
    state: str
    result: bytes | None
    failure: Failure | None = None


NO_UPSTREAM: Mapping[str, Upstream] = {}


@dataclass(slots=True)
class AttemptOrder:
    """The order to run one attempt.

    ``upstream`` holds every task named in ``refs``, by id.  ``depth`` is the task's
    distance from the job's top level (0 there); ``max_depth`` and ``max_tasks`` bound
    what its subtasks may reach.  ``timeout`` is in seconds.  ``started`` is the attempt's
    committed start, from which its subtasks' ids are made; 0 stands for "now".
    ``chosen`` is the version and qualified name of the definition that is to run; None
    leaves it to whoever runs the attempt to take the best that is known there.
    """

    job_id: str
    task_id: str
    attempt: int
    identifier: str
    version: str
    source: str | None
    input: bytes
    refs: tuple[Ref, ...] = ()
    upstream: Mapping[str, Upstream] = field(default_factory=lambda: NO_UPSTREAM)
    display: str | None = None
    depth: int = 0
    max_depth: int = 500
    max_tasks: int = 50_000
    timeout: float | None = None
    started: float = 0.0
    chosen: tuple[str, str] | None = None


@dataclass(slots=True)
class AttemptOutcome:
    """What one attempt ended with.

    ``result_refs`` point into ``result`` at futures of the attempt's own subtasks.
    ``cache_writes`` are published only if the backend commits this attempt.
    ``version`` is the version of the definition that ran.  ``ended`` is when the task's code
    failed, by this machine's ``time.monotonic()``; 0 where it did not, or nobody can tell.
    ``usage`` is what it took; None where its code did not run in a process of its own.
    """

    kind: OutcomeKind
    result: bytes | None = None
    result_refs: tuple[Ref, ...] = ()
    children: list[NewTask] = field(default_factory=list)
    cache_writes: dict[str, bytes] = field(default_factory=dict)
    display: str | None = None
    progress: tuple[Progress, ...] = ()
    status_text: str | None = None
    failure: Failure | None = None
    version: str = ""
    ended: float = 0.0
    usage: AttemptUsage | None = None


class AttemptHost(Protocol):
    """What a running attempt may ask of whatever runs it.  Called from the task's thread."""

    def should_stop(self) -> bool:
        """Return whether the task has been asked to stop.  Cheap."""

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show one log line and keep it with the task."""

    def report(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        """Make the task's present display, progress and status visible to others."""

    def cache(self) -> JobCache:
        """Return the job's cache as committed; the context stages writes over it."""

    def files_folder(self) -> str:
        """Return the folder, made when first asked for, of files the task leaves behind."""
