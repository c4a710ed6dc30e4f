"""Open jobs of this process: tasks are added to them one by one until they are closed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fairlead.backends.kubernetes.asking import change_job
from fairlead.backends.kubernetes.kinds import JOBS
from fairlead.backends.kubernetes.newtasks import Writer
from fairlead.backends.kubernetes.submitting import Inputs, create_tasks
from fairlead.backends.kubernetes.words import name_of
from fairlead.errors import JobBusyError
from fairlead.sdk.backend import NewTask

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


@dataclass
class _Open:
    """One open job: its object, its program, and the keys of its tasks by their ids."""

    job: dict[str, Any]
    program: str | None
    keys: dict[str, str] = field(default_factory=dict)


class OpenJobs:
    """The open jobs that this process has made.

    Parameters
    ----------
    backend
        Where they are.
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend
        self._guard = threading.Lock()
        self._open: dict[str, _Open] = {}

    def opened(self, job: dict[str, Any], program: str | None) -> None:
        """Take charge of a job that was made just now."""
        with self._guard:
            self._open[job["spec"]["id"]] = _Open(job, program)

    def add(self, id: str, tasks: Sequence[NewTask]) -> None:
        """Add tasks to a job."""
        with self._guard:
            known = self._open.get(id)
            if known is None:
                raise JobBusyError(
                    f"Job {id} takes no tasks here: it has ended, or another process opened it."
                    " Tasks are added by the program that opened the session."
                )
            first = len(known.keys)
            keys = {task.id: str(first + at) for at, task in enumerate(tasks)}
            known.keys.update(keys)
        self._create(known, tasks, list(keys.values()))

    def _create(self, known: _Open, tasks: Sequence[NewTask], keys: list[str]) -> None:
        backend = self._backend

        def key_of(other: int | str) -> str:
            return keys[other] if isinstance(other, int) else known.keys[other]

        inputs = Inputs(backend)
        writer = Writer(key_of, inputs.keep)
        specs = [writer.spec(task, key) for task, key in zip(tasks, keys, strict=True)]
        release = backend.publisher.release_of(known.program, tasks)
        inputs.write()
        for spec in specs:
            if release is not None:
                spec["release"] = release
        create_tasks(backend, known.job, specs)

    def close(self, id: str) -> None:
        """Say that all tasks of a job are there."""
        known = self.forget(id)
        job = self._backend.lookup.job(id) if known is None else known.job
        count = len(known.keys) if known is not None else self._count(job)
        if known is None and ("tasks" in job["spec"] or job["spec"].get("closed")):
            return
        try:
            change_job(self._backend, id, {"closed": {"tasks": count}}, f"closing job {id}")
        except JobBusyError:
            return  # it is recorded; whoever waits for the job sees its end

    def _count(self, job: dict[str, Any]) -> int:
        return len(self._backend.lookup.tree(job).visible)

    def forget(self, id: str) -> _Open | None:
        """Take a job out of this process's charge."""
        with self._guard:
            return self._open.pop(id, None)

    def abandon(self) -> None:
        """Close what is still open because the program ends, and cancel what was queued."""
        with self._guard:
            left = list(self._open.values())
            self._open.clear()
        for one in left:
            body = {"desired": "Cancelled", "closed": {"tasks": len(one.keys)}}
            rest, namespace = self._backend.rest, self._backend.namespace
            rest.patch(JOBS, namespace, name_of(one.job), {"spec": body})
