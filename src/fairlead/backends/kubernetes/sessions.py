"""Open jobs of this process: tasks are added to them one by one until they are closed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fairlead.api import labels
from fairlead.backends.kubernetes.asking import change_job
from fairlead.backends.kubernetes.kinds import JOBS
from fairlead.backends.kubernetes.newtasks import Writer
from fairlead.backends.kubernetes.submitting import Inputs, create_tasks
from fairlead.backends.kubernetes.words import name_of, uid_of
from fairlead.errors import JobBusyError
from fairlead.sdk.backend import NewTask

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


@dataclass
class _Open:
    """One open job: its object, its program, and the keys of its tasks by their ids.

    ``given`` counts the keys that were given to Tasks; ``in_doubt`` says that not all of those
    may have come into being.  ``adding`` is held by whoever changes or reads these.
    """

    job: dict[str, Any]
    program: str | None
    keys: dict[str, str] = field(default_factory=dict)
    given: int = 0
    in_doubt: bool = False
    adding: threading.Lock = field(default_factory=threading.Lock)


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
        known = self._known(id)
        with known.adding:
            self._known(id)  # it may have been closed while this waited
            keys = [str(known.given + at) for at in range(len(tasks))]
            specs = self._specs(known, tasks, keys)
            known.given += len(keys)
            try:
                create_tasks(self._backend, known.job, specs)
            except BaseException:
                known.in_doubt = True
                raise
            known.keys.update(zip((task.id for task in tasks), keys, strict=True))

    def _known(self, id: str) -> _Open:
        with self._guard:
            known = self._open.get(id)
        if known is None:
            raise JobBusyError(
                f"Job {id} takes no tasks here: it has ended, or another process opened it."
                " Tasks are added by the program that opened the session."
            )
        return known

    def _specs(
        self, known: _Open, tasks: Sequence[NewTask], keys: list[str]
    ) -> list[dict[str, Any]]:
        """Return tasks as they are to be created; what they need is in the cluster by then."""
        backend = self._backend

        def key_of(other: int | str) -> str:
            return keys[other] if isinstance(other, int) else known.keys[other]

        inputs = Inputs(backend)
        writer = Writer(key_of, inputs.keep)
        specs = [writer.spec(task, key) for task, key in zip(tasks, keys, strict=True)]
        release = backend.publisher.release_of(known.program, tasks)
        inputs.write()
        if release is not None:
            for spec in specs:
                spec["release"] = release
        return specs

    def close(self, id: str) -> None:
        """Say that all tasks of a job are there."""
        known = self.forget(id)
        if known is None:
            job = self._backend.lookup.job(id)
            if "tasks" in job["spec"] or job["spec"].get("closed"):
                return
            count = self._listed(job)
        else:
            with known.adding:
                count = self._created(known)
        try:
            change_job(self._backend, id, {"closed": {"tasks": count}}, f"closing job {id}")
        except JobBusyError:
            return  # it is recorded; whoever waits for the job sees its end

    def _created(self, known: _Open) -> int:
        """Return how many tasks were created.  The job would wait for ever for one too many."""
        return self._listed(known.job) if known.in_doubt else known.given

    def _listed(self, job: dict[str, Any]) -> int:
        top = labels.parent_attempt(uid_of(job), 0)
        return len(self._backend.lookup.tasks(f"{labels.PARENT_ATTEMPT}={top}"))

    def forget(self, id: str) -> _Open | None:
        """Take a job out of this process's charge."""
        with self._guard:
            known = self._open.pop(id, None)
        if known is not None:
            self._backend.pulses.end(known.job)
        return known

    def abandon(self) -> None:
        """Close what is still open because the program ends, and cancel what was queued."""
        with self._guard:
            left = list(self._open.values())
            self._open.clear()
        for one in left:
            body = {"desired": "Cancelled", "closed": {"tasks": self._created(one)}}
            rest, namespace = self._backend.rest, self._backend.namespace
            rest.patch(JOBS, namespace, name_of(one.job), {"spec": body})
