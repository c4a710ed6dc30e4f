"""One job as this process follows it: shared by all who wait for it or for a task of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from fairlead.api import labels
from fairlead.backends.kubernetes.feed import Feed, Selection, Sink
from fairlead.backends.kubernetes.kinds import JOBS, TASKS
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.words import (
    Object,
    job_state,
    name_of,
    status_of,
    task_state,
    uid_of,
)
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES
from fairlead.errors import NotFoundError

Callback = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a Task while its job is followed: results may be large."""

    id: str
    name: str
    final: bool
    pod: str | None
    running: bool


class JobWatch:
    """Follows one job by two watches, of the Job and of its Tasks.

    Parameters
    ----------
    rest, namespace
        Where it is.
    job
        The Job, as it was fetched last.
    """

    def __init__(self, rest: RestClient, namespace: str, job: Object) -> None:
        self.uid, self.name = uid_of(job), name_of(job)
        self.users = 0
        """How many wait; changed by whoever shares the watch out."""
        self._changed = threading.Condition()
        self._job = job
        self._gone = False
        self._error: Exception | None = None
        self._tasks: dict[str, Seen] = {}
        self._final: set[str] = set()
        self._callbacks: dict[str, list[Callback]] = {}
        self._feeds = (
            Feed(
                rest,
                Selection(JOBS, namespace, fields=f"metadata.name={self.name}"),
                Sink(self._jobs_listed, self._job_seen, self._job_gone, self._failed),
            ),
            Feed(
                rest,
                Selection(TASKS, namespace, labels=f"{labels.JOB_UID}={self.uid}"),
                Sink(self._tasks_listed, self._task_seen, self._task_gone, self._failed),
            ),
        )

    def start(self) -> None:
        """Begin to follow."""
        for feed in self._feeds:
            feed.start()

    def stop(self) -> None:
        """End it."""
        for feed in self._feeds:
            feed.stop()

    @property
    def broken(self) -> bool:
        """Whether it has given up."""
        return self._error is not None

    def tasks(self) -> list[Seen]:
        """Return the Tasks as seen last."""
        with self._changed:
            return list(self._tasks.values())

    def job_is_over(self) -> bool:
        """Return whether the job's present run has ended."""
        return self._gone or job_state(self._job) in FINAL_JOB_STATES

    def task_is_over(self, id: str) -> bool:
        """Return whether nothing will happen to a task any more.

        A COMPUTED task of a job that has failed or was cancelled will never change again.
        """
        return id in self._final or self.job_is_over()

    def wait(self, over: Callable[[], bool], timeout: float | None) -> bool:
        """Return once something is over, or when time is up; whether it is over.

        Raises
        ------
        ApiError
            If the cluster refuses to tell.  Whatever else went wrong while it was followed is
            raised as it is.
        NotFoundError
            If the job was deleted.
        """
        deadline = None if timeout is None else monotonic() + timeout
        with self._changed:
            while not over():
                if self._error is not None:
                    raise self._error
                left = None if deadline is None else deadline - monotonic()
                if left is not None and left <= 0:
                    return False
                # Not for ever at once: a wait without a limit cannot be interrupted everywhere.
                self._changed.wait(1.0 if left is None else min(left, 1.0))
        if self._gone:
            raise NotFoundError(f"Job {self.name} was deleted.")
        return True

    def refresh(self, job: Object) -> None:
        """Take a Job that was fetched, if it is newer than the one seen last."""
        with self._changed:
            if _generation(job) > _generation(self._job):
                self._job = job

    def call_at_end(self, id: str, callback: Callback) -> None:
        """Call back, from any thread, once a task is over."""
        with self._changed:
            self._callbacks.setdefault(id, []).append(callback)
        self._notify()

    # --- what the feeds tell ------------------------------------------------------

    def _jobs_listed(self, found: list[Object]) -> None:
        same = [job for job in found if uid_of(job) == self.uid]
        if same:
            self._job_seen(same[0])
        else:
            self._job_gone(self._job)

    def _job_seen(self, job: Object) -> None:
        if uid_of(job) != self.uid:
            return
        with self._changed:
            if _generation(job) >= _generation(self._job):
                self._job = job
        self._notify()

    def _job_gone(self, job: Object) -> None:
        with self._changed:
            self._gone = self._gone or uid_of(job) == self.uid
        self._notify()

    def _tasks_listed(self, found: list[Object]) -> None:
        with self._changed:
            self._tasks = {name_of(task): _seen(task) for task in found}
            self._final |= {one.id for one in self._tasks.values() if one.final}
        self._notify()

    def _task_seen(self, task: Object) -> None:
        one = _seen(task)
        with self._changed:
            self._tasks[one.name] = one
            if one.final:
                self._final.add(one.id)
        self._notify()

    def _task_gone(self, task: Object) -> None:
        with self._changed:
            self._tasks.pop(name_of(task), None)
        self._notify()

    def _failed(self, error: Exception) -> None:
        with self._changed:
            self._error = self._error or error
        self._notify()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()
            over = [id for id in self._callbacks if self.broken or self.task_is_over(id)]
            due = [callback for id in over for callback in self._callbacks.pop(id)]
        for callback in due:
            callback()


def _seen(task: Object) -> Seen:
    status, state = status_of(task), task_state(task)
    return Seen(
        id=str(task["spec"].get("id") or uid_of(task)),
        name=name_of(task),
        final=state in FINAL_TASK_STATES,
        pod=status.get("podName"),
        running=state.value == "RUNNING",
    )


def _generation(job: Object) -> int:
    return int(job["metadata"].get("generation") or 0)
