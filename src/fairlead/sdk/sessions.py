"""``Session``: an open job to which instances are added until its block is left."""

from __future__ import annotations

import os
import threading
from collections import Counter
from contextvars import ContextVar, Token
from dataclasses import replace
from time import time as now
from types import TracebackType
from typing import Any, TypeVar

from fairlead.core.ids import IdSequence
from fairlead.errors import (
    DependencyError,
    MaxInstancesReachedError,
    SessionError,
    SessionNotFoundError,
    TaskArgumentError,
)
from fairlead.sdk import settings
from fairlead.sdk.backend import Backend, NewJob, TaskOptions
from fairlead.sdk.bound import Bound
from fairlead.sdk.client import Client
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.functions import TaskFunction
from fairlead.sdk.instances import Future, TaskInstance
from fairlead.sdk.new_jobs import checked_name, new_id
from fairlead.sdk.options import Options
from fairlead.sdk.programs import about_to_start_work, started_program
from fairlead.sdk.references import Reference
from fairlead.sdk.subtasks import Submission

R = TypeVar("R")

_current: ContextVar[Session | None] = ContextVar("fairlead_session", default=None)


def current_session() -> Session:
    """Return the innermost session whose block this code is in.

    Raises
    ------
    SessionNotFoundError
        If there is none.
    """
    session = _current.get()
    if session is None:
        raise SessionNotFoundError(
            "a task instance needs an active session; write `with Session() as session:` around"
            " it, or call the task directly"
        )
    return session


class _SessionTasks(Submission):
    """The instances of a session: each is on its own, and others are known by their ids."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        super().__init__(IdSequence(session.id, 0, now()), settings.max_tasks())
        self._session = session

    def run_as(self, definition: TaskDefinition, options: Options) -> TaskOptions:
        """Return how an instance runs: its failure fails nothing else."""
        merged = super().run_as(definition, options)
        return replace(merged, optional=True, max_parallel=merged.max_parallel or 1)

    def position(self, target: Reference) -> int | str:
        """Return the id of an instance of the session."""
        if isinstance(target, Future) and target.session is self._session:
            return target.id
        raise DependencyError(
            f"{target!r} is of another session; take its result() first, or start it here"
        )


class Session:
    """A group of task instances that run together, as one job.

    Parameters
    ----------
    name
        The job's name; ``session_`` and eight random digits by default.
    queue
        Whether an instance waits for its turn where ``max_parallel`` of its kind run
        already (1, if its task does not say); else starting it is an error.
    backend
        As for :class:`fairlead.Client`.

    Examples
    --------
    >>> with Session() as session:
    ...     future = double.instance().start(21)
    ...     print(future.result())
    42
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        queue: bool = True,
        backend: str | Backend | None = None,
    ) -> None:
        if not isinstance(queue, bool):
            raise TaskArgumentError(f"Session's queue must be True or False, not {queue!r}")
        self.name = checked_name(f"session_{os.urandom(4).hex()}" if name is None else name)
        self.id = new_id()
        self._queue = queue
        self._client = Client(backend)
        self._tasks = _SessionTasks(self)
        self._running: Counter[TaskDefinition] = Counter()
        self._guard = threading.Lock()
        self._state = "new"
        self._token: Token[Session | None] | None = None

    def __repr__(self) -> str:
        return f"<Session {self.name}, {self._state}>"

    # --- instances ------------------------------------------------------------------

    def instance(self, task: TaskFunction[R]) -> TaskInstance[R]:
        """Return an instance of a task, to be started in this session."""
        self._check_open()
        return TaskInstance(task, self)

    def start(
        self, task: TaskFunction[R], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[R]:
        """Start an instance of a task; see :meth:`TaskInstance.start`."""
        self._check_open()
        definition = task.__fairlead__
        bound = Bound(definition, task.checked(args, kwargs))
        backend = self._client.backend
        with self._guard:
            self._take_slot(definition)
            try:
                self._tasks.add([bound])
                added = self._tasks.take()
                backend.add_tasks(self.id, added)
            except BaseException:
                self._running[definition] -= 1
                raise
        future: Future[R] = Future(added[0].id, self, backend, definition)
        if not self._queue:
            backend.on_task_end(future.id, lambda: self._free_slot(definition))
        return future

    def _check_open(self) -> None:
        if self._state != "open":
            hint = "enter its block first" if self._state == "new" else "its block has been left"
            raise SessionError(f"session {self.name} is not active: {hint}")

    def _take_slot(self, definition: TaskDefinition) -> None:
        limit = definition.options.max_parallel or 1
        if not self._queue and self._running[definition] >= limit:
            raise MaxInstancesReachedError(
                f"task {definition.identifier!r}: max_parallel={limit} instances run already;"
                f" wait for one of them, or use a session with a queue"
            )
        self._running[definition] += 1

    def _free_slot(self, definition: TaskDefinition) -> None:
        with self._guard:
            self._running[definition] -= 1

    # --- the block ------------------------------------------------------------------

    def __enter__(self) -> Session:
        about_to_start_work()
        if self._state != "new":
            raise SessionError(f"session {self.name} cannot be entered again; make another Session")
        job = NewJob(
            self.id, self.name, [], closed=False, program=started_program(), style="session"
        )
        self._client.backend.submit(job)
        self._state = "open"
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()
        self._finish(cancel=error is not None)

    def _leave(self) -> None:
        self._state = "closed"
        if self._token is not None:
            _current.reset(self._token)
            self._token = None

    def _finish(self, *, cancel: bool) -> None:
        backend = self._client.backend
        if cancel:
            backend.cancel_job(self.id)
        else:
            backend.close_job(self.id)
        backend.wait_job(self.id, None)

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import asyncio

        self._leave()
        await asyncio.to_thread(self._finish, cancel=error is not None)
