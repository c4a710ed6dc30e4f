"""Task instances of a session, and their futures."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from fairlead.core.states import TaskState
from fairlead.errors import TaskCancelledError, TaskError
from fairlead.sdk.backend import TaskView
from fairlead.sdk.options import check_wait
from fairlead.sdk.outcomes import FINAL, WORDS, error_of_task, result_or_raise
from fairlead.sdk.references import Reference

if TYPE_CHECKING:
    from fairlead.sdk.backend import Backend
    from fairlead.sdk.definitions import TaskDefinition
    from fairlead.sdk.functions import TaskFunction
    from fairlead.sdk.sessions import Session

R = TypeVar("R")


class Future(Reference, Generic[R]):
    """The result to be of a started instance.  It can be awaited.

    Given as an argument to another instance of the session, it is a dependency, and is
    replaced by the result.

    Attributes
    ----------
    id
        The task's id.
    """

    __slots__ = ("_backend", "_cancelled", "_definition", "id", "session")

    def __init__(
        self, id: str, session: Session, backend: Backend, definition: TaskDefinition
    ) -> None:
        self.id = id
        self.session = session
        self._backend = backend
        self._definition = definition
        self._cancelled = False

    def __repr__(self) -> str:
        return f"<Future of {self._definition.identifier}, {self.status}>"

    def _view(self) -> TaskView:
        return self._backend.task(self.id)

    @property
    def status(self) -> str:
        """One of pending, running, completed, failed, cancelled."""
        return "cancelled" if self._cancelled else WORDS[self._view().state]

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self._cancelled or self._view().state in FINAL

    @property
    def error(self) -> Exception | None:
        """What it failed with; None while it has not ended, and where it ended well."""
        if self._cancelled:
            return self._cancelled_error()
        view = self._view()
        return error_of_task(view) if view.state in FINAL else None

    def _cancelled_error(self) -> TaskCancelledError:
        return TaskCancelledError(f"task {self._definition.identifier} ({self.id}) was cancelled")

    def result(self, timeout: float | None = None) -> R:
        """Wait for the result and return it.

        Parameters
        ----------
        timeout
            How many seconds to wait at most.

        Raises
        ------
        TimeoutError
            If it has not ended by then.
        TaskCancelledError
            If it was cancelled.
        Exception
            What the task failed with, as its own class where that can be.
        """
        check_wait(timeout)
        if self._cancelled:
            raise self._cancelled_error()
        view = self._backend.wait_task(self.id, timeout)
        if self._cancelled:
            raise self._cancelled_error()
        if view.state not in FINAL:
            raise TimeoutError(
                f"task {self._definition.identifier} ({self.id}) has not ended after {timeout} s"
            )
        return cast("R", result_or_raise(self._backend, view, self._definition))

    def cancel(self) -> bool:
        """Cancel the task and discard whatever it does.

        Returns
        -------
        bool
            Whether it is cancelled; False if it had ended before.
        """
        if not self._cancelled:
            state = self._view().state
            if state in FINAL:
                return state is TaskState.CANCELLED
            self._cancelled = True
            self._backend.cancel_task(self.id)
        return True

    def __await__(self) -> Generator[Any, None, R]:
        yield from self._ended().__await__()
        return self.result(0)

    async def _ended(self) -> None:
        import asyncio

        if self._cancelled:
            return
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        self._backend.on_task_end(self.id, lambda: _tell(loop, ended))
        await ended.wait()


def _tell(loop: Any, ended: Any) -> None:
    """Set an event of a loop from any thread; a loop that has closed needs it no more."""
    try:
        loop.call_soon_threadsafe(ended.set)
    except RuntimeError:
        return


class TaskInstance(Generic[R]):
    """A task of a session, to be started once.  Made by ``task.instance()``."""

    def __init__(self, function: TaskFunction[R], session: Session) -> None:
        self.task = function
        self.session = session
        self._future: Future[R] | None = None

    def __repr__(self) -> str:
        return f"<instance of {self.task.name}, {self.status}>"

    def start(self, *args: Any, **kwargs: Any) -> Future[R]:
        """Start it with these arguments; it waits for its turn if too many run.

        Returns
        -------
        Future
            Its result to be.

        Raises
        ------
        TaskError
            If it was started before.
        MaxInstancesReachedError
            If too many run, and the session has no queue.
        TaskInputError
            If the arguments do not fit.
        """
        if self._future is not None:
            raise TaskError(
                f"this instance of {self.task.name} has already been started; make another"
                f" one for another run"
            )
        self._future = self.session.start(self.task, args, kwargs)
        return self._future

    @property
    def future(self) -> Future[R]:
        """Its future.

        Raises
        ------
        TaskError
            If it has not been started.
        """
        if self._future is None:
            raise TaskError(f"this instance of {self.task.name} has not been started yet")
        return self._future

    @property
    def id(self) -> str:
        """Its id, once it has been started."""
        return self.future.id

    @property
    def status(self) -> str:
        """One of pending, running, completed, failed, cancelled."""
        return "pending" if self._future is None else self._future.status

    @property
    def result(self) -> R:
        """Its result; waits for it."""
        return self.future.result()

    def stop(self) -> None:
        """Ask it to stop; what it then returns is kept.

        One that has not begun to run is cancelled.
        """
        future = self.future
        future._backend.stop_task(future.id)
