"""``ExecutionContext``: what a running task may ask of its surroundings.

One is made for every attempt, so it is kept light: everything but the order and the
host is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from contextvars import ContextVar
from pathlib import Path
from time import time as now
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack, overload

from fairlead.core.ids import IdSequence
from fairlead.errors import DependencyError, InvalidRequestError, LimitExceededError, TaskError
from fairlead.sdk.attempt import AttemptHost, AttemptOrder
from fairlead.sdk.backend import NewTask, Progress
from fairlead.sdk.cache import StagedCache
from fairlead.sdk.futures import FutureTask
from fairlead.sdk.logs import Logger
from fairlead.sdk.progress import ProgressTracker
from fairlead.sdk.subtasks import NO_OPTIONS, Submission
from fairlead.sdk.text import storable
from fairlead.sdk.tracing import Tracer

if TYPE_CHECKING:
    from fairlead.sdk.bound import Bound
    from fairlead.sdk.cache import JobCache
    from fairlead.sdk.definitions import TaskDefinition
    from fairlead.sdk.options import Options

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

current_context: ContextVar[ExecutionContext | None] = ContextVar("fairlead_context", default=None)
"""The context of the attempt that runs in this thread of control, if one does."""


class Executes(Protocol[R_co]):
    """A task instance whose result is an ``R``."""

    def execute(self, context: ExecutionContext) -> R_co: ...


class ExecutionContext:
    """What a running task may ask of its surroundings."""

    __slots__ = (
        "_definition", "_display", "_host", "_order", "_progress", "_staged", "_status_text",
        "_submission",
    )  # fmt: skip

    def __init__(self, definition: TaskDefinition, order: AttemptOrder, host: AttemptHost) -> None:
        self._definition = definition
        self._order = order
        self._host = host
        self._display = order.display
        self._status_text: str | None = None
        self._progress: dict[str, Progress] | None = None
        self._staged: StagedCache | None = None
        self._submission: Submission | None = None

    # --- subtasks -------------------------------------------------------------------

    @overload
    def submit_subtask(
        self,
        task: Executes[Awaitable[R]],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> FutureTask[R]: ...

    @overload
    def submit_subtask(
        self,
        task: Executes[FutureTask[R]],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> FutureTask[R]: ...

    @overload
    def submit_subtask(
        self,
        task: Executes[R],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> FutureTask[R]: ...

    @overload
    def submit_subtask(
        self,
        task: Bound,
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> FutureTask[Any]: ...

    def submit_subtask(
        self, task: Any, depends_on: Iterable[FutureTask[Any]] = (), **options: Unpack[Options]
    ) -> FutureTask[Any]:
        """Submit a task that runs once this one has ended.

        Parameters
        ----------
        task
            The task; its fields may hold futures, which become their results.
        depends_on
            Futures of earlier subtasks that must end before it starts.
        max_retries
            How often it runs again if it fails; 0 unless its definition says otherwise.
        backoff, max_backoff
            Seconds before the first retry (1), doubling up to the most (60).
        optional
            Whether the job goes on if it fails.
        machine_size
            The size of the machine it needs.
        timeout, queue_timeout
            Seconds that one execution, or the wait for its start, may take.

        Returns
        -------
        FutureTask
            To depend on, to give as a field's value, or to return as the result.

        Raises
        ------
        InvalidRequestError
            If an option is out of range.
        TaskInputError, DependencyError, LimitExceededError
            If the task does not fit; then it is not submitted.
        """
        return self._submitted().add((task,), depends_on, options or NO_OPTIONS)[0]

    @overload
    def submit_subtasks(
        self,
        tasks: Iterable[Executes[Awaitable[R]]],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> list[FutureTask[R]]: ...

    @overload
    def submit_subtasks(
        self,
        tasks: Iterable[Executes[FutureTask[R]]],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> list[FutureTask[R]]: ...

    @overload
    def submit_subtasks(
        self,
        tasks: Iterable[Executes[R]],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> list[FutureTask[R]]: ...

    @overload
    def submit_subtasks(
        self,
        tasks: Iterable[Bound],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> list[FutureTask[Any]]: ...

    def submit_subtasks(
        self,
        tasks: Iterable[Any],
        depends_on: Iterable[FutureTask[Any]] = (),
        **options: Unpack[Options],
    ) -> list[FutureTask[Any]]:
        """Submit several tasks with the same dependencies and options.

        See :meth:`submit_subtask`.  If something is wrong with one of them, none is
        submitted.
        """
        if not isinstance(tasks, Iterable):
            raise InvalidRequestError(
                f"submit_subtasks takes a list of tasks, not {type(tasks).__name__}; for one"
                f" task there is submit_subtask"
            )
        return self._submitted().add(list(tasks), depends_on, options or NO_OPTIONS)

    def _submitted(self) -> Submission:
        if self._submission is None:
            order = self._order
            if order.depth >= order.max_depth:
                raise LimitExceededError(
                    f"{self._definition.name} is {order.depth} levels deep and may submit no"
                    f" deeper subtasks; give the recursion an end, or raise FAIRLEAD_MAX_DEPTH"
                )
            ids = IdSequence(order.task_id, order.attempt, order.started or now())
            self._submission = Submission(ids, order.max_tasks)
        return self._submission

    def result(self, future: FutureTask[R]) -> R:
        """Return the result behind a future that was given to this task as a field.

        Raises
        ------
        Exception
            What the task behind it failed with, as its own class where that can be.
        DependencyError
            If the task has not ended: a subtask runs only after its parent.
        """
        if not isinstance(future, FutureTask):
            raise InvalidRequestError(f"context.result takes a FutureTask, not {future!r}")
        if future.known is None:
            raise DependencyError(
                f"the result of {future!r} cannot be waited for here: a subtask runs after the"
                f" task that submitted it; give the future to another subtask, or return it"
            )
        from fairlead.sdk.failures import upstream_result

        value: R = upstream_result(future.known)
        return value

    # --- saying what happens --------------------------------------------------------

    @property
    def logger(self) -> Logger:
        """Logs structured lines: ``context.logger.info("Fetched", articles=12)``."""
        return Logger(self._host.log)

    @property
    def tracer(self) -> Tracer:
        """Times pieces of the work: ``with context.tracer.span("fetch") as span:``."""
        order = self._order
        return Tracer(
            self._host.log, {"fairlead.job": order.job_id, "fairlead.task": order.task_id}
        )

    @property
    def current_task(self) -> CurrentTask:
        """The task itself, to set how it is displayed."""
        return CurrentTask(self)

    def progress(self, label: str = "") -> ProgressTracker:
        """Return the progress of one labelled piece of work; made when first named."""
        if not isinstance(label, str):
            raise InvalidRequestError(f"a progress label is a text, not {label!r}")
        return ProgressTracker(self.progress_of(storable(label)), self.report)

    def progress_of(self, label: str) -> Progress:
        """Return the numbers behind one labelled piece of work."""
        if self._progress is None:
            self._progress = {}
        return self._progress.setdefault(label, Progress(label))

    def report(self) -> None:
        """Let others see the present display, progress and status."""
        self._host.report(self._display, self.progress_numbers(), self._status_text)

    def progress_numbers(self) -> tuple[Progress, ...]:
        """Return a copy of all progress, in the order in which it was first named."""
        if self._progress is None:
            return ()
        return tuple(Progress(one.label, one.done, one.total) for one in self._progress.values())

    def set_status(self, text: str) -> None:
        """Let others see in words what the task is doing."""
        self._status_text = storable(text)
        self.report()

    # --- what is around -------------------------------------------------------------

    @property
    def job_cache(self) -> JobCache:
        """Bytes that all tasks of the job share; own writes are seen at once.

        Others see them when this task has succeeded.
        """
        if self._staged is None:
            self._staged = StagedCache(self._host.cache())
        return self._staged

    @property
    def should_stop(self) -> bool:
        """Whether the task has been asked to stop; what it then returns is kept."""
        return self._host.should_stop()

    @property
    def files(self) -> Path:
        """The folder whose files stay with the task after it has ended."""
        return Path(self._host.files_folder())


class CurrentTask:
    """The task that runs, as its own code sees it."""

    __slots__ = ("_context",)

    def __init__(self, context: ExecutionContext) -> None:
        self._context = context

    @property
    def id(self) -> str:
        """The task's id."""
        return self._context._order.task_id

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self._context._order.attempt

    @property
    def display(self) -> str:
        """How the task is shown; its definition's identifier unless it says otherwise."""
        return self._context._display or self._context._definition.identifier

    @display.setter
    def display(self, text: str) -> None:
        if not isinstance(text, str):
            raise TaskError(f"a task's display is a text, not {type(text).__name__} {text!r}")
        self._context._display = storable(text)
        self._context.report()


def children_of(context: ExecutionContext) -> list[NewTask]:
    """Return the subtasks that the attempt has submitted."""
    submission = context._submission
    return [] if submission is None else submission.tasks
