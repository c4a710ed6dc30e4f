"""Log records of a job or a task, with the ids of the tasks they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from time import sleep
from typing import TYPE_CHECKING

from fairlead.api import labels
from fairlead.backends.kubernetes.logs import (
    LOOK_AGAIN,
    Logs,
    PodLogs,
    StoredLogs,
    following,
)
from fairlead.backends.kubernetes.views import task_id
from fairlead.backends.kubernetes.words import (
    Object,
    job_state,
    name_of,
    status_of,
    task_state,
    uid_of,
)
from fairlead.core.states import FINAL_JOB_STATES, TaskState
from fairlead.sdk.backend import LogRecord

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


class Records:
    """Reads what tasks logged.

    Parameters
    ----------
    backend
        Where they ran.
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend

    def of_job(self, id: str, *, follow: bool) -> Iterator[LogRecord]:
        """Return the records of a job's tasks; with follow, until the job has ended."""
        backend = self._backend
        job = backend.lookup.job(id)
        ids: dict[str, str] = {}

        def over() -> bool:
            return not follow or job_state(backend.lookup.job(id)) in FINAL_JOB_STATES

        def records() -> Iterator[LogRecord]:
            for line in following(self.source(job), over):
                if line.task not in ids:
                    ids.update(self._ids(job))
                if line.task in ids:  # else of an attempt that does not count
                    yield replace(line.record, task_id=ids[line.task])

        return records()

    def of_task(self, id: str, *, follow: bool) -> Iterator[LogRecord]:
        """Return the records of one task; with follow, until it has run for the last time."""
        backend = self._backend
        task = backend.lookup.task(id)
        job = backend.lookup.job_of(task)

        def over() -> bool:
            return not follow or self._is_over(id)

        def records() -> Iterator[LogRecord]:
            named = name_of(task) or self._await_name(id, over)
            if named:
                for line in following(self.source(job, named), over):
                    yield replace(line.record, task_id=id)

        return records()

    def source(self, job: Object, task: str | None = None) -> Logs:
        """Return where the records of a job, or of one Task of it, come from."""
        store = self._backend.storage.optional()
        if store is not None:
            return StoredLogs(store, uid_of(job), task)
        backend = self._backend
        return PodLogs(backend.rest, backend.namespace, lambda: self._pods(job, task))

    def _pods(self, job: Object, task: str | None) -> list[tuple[str, int, str]]:
        tasks = self._tasks(job)
        chosen = [one for one in tasks if task is None or name_of(one) == task]
        return [
            (name_of(one), status_of(one).get("attempt", 0), status_of(one)["podName"])
            for one in chosen
            if status_of(one).get("podName")
        ]

    def _ids(self, job: Object) -> dict[str, str]:
        return {name_of(task): task_id(task) for task in self._tasks(job)}

    def _tasks(self, job: Object) -> list[dict[str, object]]:
        return self._backend.lookup.tasks(f"{labels.JOB_UID}={uid_of(job)}")

    def _is_over(self, id: str) -> bool:
        task = self._backend.lookup.task(id)
        if task_state(task) not in (TaskState.QUEUED, TaskState.RUNNING):
            return True
        return job_state(self._backend.lookup.job_of(task)) in FINAL_JOB_STATES

    def _await_name(self, id: str, over: Callable[[], bool]) -> str:
        """Return the name of a task that is still to be made, once it is, if that is awaited."""
        while True:
            ended = over()
            name = name_of(self._backend.lookup.task(id))
            if name or ended:
                return name
            sleep(LOOK_AGAIN)
