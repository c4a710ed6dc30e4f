"""What the SDK asks of a backend, and the plain records that pass between them.

The SDK knows no backend; a backend implements :class:`Backend` and is found by the
name in :data:`BACKENDS`.  All values cross as JSON text, all times as seconds since
the epoch, all failures as :class:`Failure`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from fairlead.core.states import JobState, TaskState

if TYPE_CHECKING:
    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.definitions import TaskDefinition

BACKENDS: Mapping[str, str] = {
    "local": "fairlead.backends.local:LocalBackend",
    "kubernetes": "fairlead.backends.kubernetes:KubernetesBackend",
}
"""Where each backend lives, as ``module:class``; loaded when first asked for."""

RefKind = Literal["value", "future"]
"""``value``: the result replaces the future.  ``future``: the task gets the future itself."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A place in a JSON value that stands for another task's result.

    Attributes
    ----------
    path
        Keys and indexes from the root of the value; empty for the root itself.
    task
        What is referred to: the position among the tasks submitted together
        (``int``, before they are stored) or a task's id (``str``).
    kind
        Whether the result replaces the reference or the future is handed over.
    """

    path: tuple[str | int, ...]
    task: int | str
    kind: RefKind = "value"


@dataclass(slots=True, unsafe_hash=True)
class TaskOptions:
    """How a task is to be run.  Immutable by convention, shared by many tasks.

    Times are seconds.  ``max_parallel`` counts running tasks of one identifier
    within one job; ``None`` means no limit.
    """

    max_retries: int = 0
    backoff: float = 1.0
    max_backoff: float = 60.0
    optional: bool = False
    machine_size: str | None = None
    timeout: float | None = None
    queue_timeout: float | None = None
    max_parallel: int | None = None


DEFAULT_OPTIONS = TaskOptions()


@dataclass(slots=True)
class NewTask:
    """A task as it is submitted, before it has been stored.

    ``depends_on`` holds positions of tasks in the same submission (ints); for a task
    added to an open job it may hold ids of tasks of that job (strs).
    """

    id: str
    identifier: str
    version: str
    source: str | None
    input: bytes
    refs: tuple[Ref, ...] = ()
    depends_on: tuple[int | str, ...] = ()
    options: TaskOptions = DEFAULT_OPTIONS
    key: str | None = None
    display: str | None = None


@dataclass(slots=True)
class NewJob:
    """A job as it is submitted.

    ``closed`` is False for a session, to which tasks are added until it closes.
    ``program`` is the file or module whose import defines the tasks, so that another
    process can continue the job; None where only this process can (a notebook).
    """

    id: str
    name: str
    tasks: Sequence[NewTask]
    closed: bool = True
    program: str | None = None
    style: Literal["job", "workflow", "session", "run"] = "job"
    machine_group: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    lineage: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task or job did not succeed, in words and in data.

    ``arguments`` are the exception's arguments where they are JSON, else None.
    """

    kind: str
    type: str
    message: str
    module: str = ""
    arguments: list[Any] | None = None
    traceback: str = ""

    @property
    def summary(self) -> str:
        """The type and the message, where there is one: ``ValueError: no tiles``."""
        return ": ".join(part for part in (self.type, self.message) if part)


@dataclass(slots=True)
class Progress:
    """How far one labelled piece of work is."""

    label: str
    done: int = 0
    total: int = 0


@dataclass(slots=True)
class TaskView:
    """One task object as it is recorded now."""

    id: str
    job_id: str
    parent_id: str | None
    key: str | None
    identifier: str
    version: str
    display: str
    state: TaskState
    reason: str | None
    attempt: int
    max_retries: int
    optional: bool
    depends_on: tuple[str, ...]
    created: float
    started: float | None
    ended: float | None
    run: int
    machine_size: str | None
    progress: tuple[Progress, ...]
    failure: Failure | None
    status_text: str | None
    superseded: bool = False


class AttemptUsage(NamedTuple):
    """What an attempt took: seconds of time, seconds of CPU, and bytes of memory at its peak."""

    wall: float
    cpu: float
    memory: int


@dataclass(slots=True)
class AttemptView:
    """One ended or running attempt of a task."""

    attempt: int
    started: float
    ended: float | None
    outcome: str
    version: str
    failure: Failure | None
    usage: AttemptUsage | None = None


@dataclass(slots=True)
class JobView:
    """One job as it is recorded now.  ``counts`` maps each task state to a number."""

    id: str
    name: str
    state: JobState
    reason: str | None
    failure: Failure | None
    run: int
    closed: bool
    style: str
    program: str | None
    machine_group: str | None
    created: float
    started: float | None
    ended: float | None
    counts: dict[TaskState, int]
    lineage: str | None
    driven: bool


@dataclass(slots=True)
class LogRecord:
    """One line that a task logged or printed."""

    task_id: str
    attempt: int
    time: float
    level: str
    message: str
    fields: dict[str, Any]


@dataclass(slots=True)
class RunnerOptions:
    """What a runner runs and on how many workers.

    ``definitions`` is None for "every definition this process knows".
    """

    definitions: Sequence[TaskDefinition] | None = None
    cache: JobCache | None = None
    threads: int | None = None
    processes: int | None = None


class Backend(Protocol):
    """What every backend offers the SDK.  All methods may be called from any thread.

    Unknown ids and names raise :class:`fairlead.errors.NotFoundError`.
    """

    def submit(self, job: NewJob) -> None:
        """Store a job and its tasks, all or nothing, synced to disk."""

    def submitted(self, job_id: str) -> NewJob:
        """Return a job as it was submitted, with its top-level tasks."""

    def add_tasks(self, job_id: str, tasks: Sequence[NewTask]) -> None:
        """Add top-level tasks to an open job."""

    def close_job(self, job_id: str) -> None:
        """Say that no more tasks will be added."""

    def find_job(self, id_or_name: str) -> str:
        """Return the id of the job with that id, else of the newest with that name."""

    def job(self, job_id: str) -> JobView: ...

    def jobs(
        self, *, name: str | None = None, states: Sequence[JobState] = (), limit: int = 100
    ) -> list[JobView]:
        """Return jobs, the newest first."""

    def tasks(self, job_id: str, *, history: bool = False) -> list[TaskView]:
        """Return the job's tasks in order of creation; with history, superseded ones too."""

    def task(self, task_id: str) -> TaskView: ...

    def attempts(self, task_id: str) -> list[AttemptView]: ...

    def find_tasks(
        self, *, ids: Sequence[str] = (), states: Sequence[TaskState] = (), limit: int = 100
    ) -> list[TaskView]:
        """Return tasks of all jobs, the newest first."""

    def cancel_job(self, job_id: str) -> None: ...

    def suspend_job(self, job_id: str) -> None: ...

    def resume_job(self, job_id: str) -> None: ...

    def retry_job(self, job_id: str) -> int:
        """Open the job's next run; return how many tasks will run again."""

    def delete_job(self, job_id: str) -> None: ...

    def cancel_task(self, task_id: str) -> None:
        """Discard whatever the task is doing and cancel it and its descendants."""

    def stop_task(self, task_id: str) -> None:
        """Ask the task to stop; what it returns is kept."""

    def wait_task(self, task_id: str, timeout: float | None) -> TaskView:
        """Wait until the task is final (driving its job if nobody else does) or time is up."""

    def wait_job(self, job_id: str, timeout: float | None) -> JobView: ...

    def result(self, task_id: str) -> bytes | None:
        """Return a completed task's result as JSON, following results that are futures.

        None stands for "no result": the task ended well but without one.
        """

    def result_owner(self, task_id: str) -> str:
        """Return the id of the task whose result it is: itself, unless it returned a future."""

    def on_task_end(self, task_id: str, callback: Callable[[], None]) -> None:
        """Call back, from any thread, once the task is final (now, if it is)."""

    def queue_position(self, task_id: str) -> int | None:
        """Return how many tasks are ahead of this one; None once it has started."""

    def metadata(self, task_id: str) -> dict[str, str]: ...

    def set_metadata(self, task_id: str, metadata: Mapping[str, str]) -> None: ...

    def files(self, task_id: str) -> list[str]:
        """Return the paths, relative to the task's folder, of the files it has written."""

    def download(self, task_id: str, target: str) -> list[str]:
        """Copy the task's files into the folder ``target``; return what was written."""

    def logs(
        self, *, job_id: str | None = None, task_id: str | None = None, follow: bool = False
    ) -> Iterator[LogRecord]:
        """Return log records in order; with follow, until the job or task has ended."""

    def cache(self, job_id: str) -> JobCache:
        """Return the job's cache, as readable from outside its tasks."""

    def run_all(self, options: RunnerOptions, job_id: str | None = None) -> None:
        """Run until nothing is runnable here now or by the passing of time."""

    def run_forever(self, options: RunnerOptions) -> None: ...

    def start_machines(self, name: str, size: str, minimum: int, maximum: int) -> None: ...

    def terminate_machines(self, name: str) -> None: ...

    def machines(self) -> list[dict[str, Any]]: ...
