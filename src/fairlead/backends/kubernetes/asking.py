"""Asking something of a job or a task: writing it down, and waiting until it is obeyed."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from fairlead.api import labels
from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.kinds import JOBS, TASKS
from fairlead.backends.kubernetes.views import title_of
from fairlead.backends.kubernetes.words import (
    Object,
    job_state,
    name_of,
    status_of,
    task_state,
    uid_of,
)
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES
from fairlead.errors import JobBusyError

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

PATIENCE = 20.0
"""Seconds to wait for the operator to obey."""

_SHORTEST, _LONGEST = 0.02, 0.5


def until(obeyed: Callable[[], bool], what: str) -> None:
    """Return once the operator has obeyed.

    Raises
    ------
    JobBusyError
        If it has not within a while; what was asked stays recorded.
    """
    deadline, pause = monotonic() + PATIENCE, _SHORTEST
    while not obeyed():
        if monotonic() > deadline:
            raise JobBusyError(
                f"Fairlead's operator has not reacted to {what} within {PATIENCE:g} s. The request"
                " is recorded and will be obeyed; see whether the operator runs."
            )
        sleep(pause)
        pause = min(pause * 1.5, _LONGEST)


def change_job(backend: KubernetesBackend, id: str, spec: dict[str, Any], what: str) -> None:
    """Change what is wanted of a job, unless it has ended; return once that is obeyed."""
    job = backend.lookup.job(id)
    if job_state(job) in FINAL_JOB_STATES:
        return
    if all(job["spec"].get(name) == value for name, value in spec.items()):
        return
    changed = backend.rest.patch(JOBS, backend.namespace, name_of(job), {"spec": spec})
    until(lambda: _has_seen(backend, changed), what)


def _has_seen(backend: KubernetesBackend, changed: Object) -> bool:
    """Return whether the operator has concluded from a change, or the job has ended before."""
    wanted = int(changed["metadata"].get("generation") or 0)
    try:
        job = backend.rest.get(JOBS, backend.namespace, name_of(changed))
    except MissingError:
        return True
    seen = int(status_of(job).get("observedGeneration") or 0)
    return seen >= wanted or job_state(job) in FINAL_JOB_STATES


def change_task(backend: KubernetesBackend, id: str, wanted: str) -> None:
    """Ask a task to stop or to be cancelled; return once that is obeyed."""
    found: list[dict[str, Any]] = []

    def made() -> bool:
        found[:] = [backend.lookup.task(id)]
        return bool(name_of(found[0])) or task_state(found[0]) in FINAL_TASK_STATES

    until(made, f"the submission of task {id}")
    task = found[0]
    if task_state(task) in FINAL_TASK_STATES:
        return
    job = backend.lookup.job_of(task)
    if job_state(job) in FINAL_JOB_STATES:
        return
    body = {"metadata": {"annotations": {labels.DESIRED: wanted}}}
    backend.rest.patch(TASKS, backend.namespace, name_of(task), body)
    until(lambda: _is_obeyed(backend, task), f"{wanted.lower()} for task {id}")


def _is_obeyed(backend: KubernetesBackend, task: Object) -> bool:
    try:
        now = backend.rest.get(TASKS, backend.namespace, name_of(task))
    except MissingError:
        return True
    if task_state(now) in FINAL_TASK_STATES or status_of(now).get("stop"):
        return True
    return job_state(backend.lookup.job_of(now)) in FINAL_JOB_STATES


def delete_job(backend: KubernetesBackend, id: str) -> None:
    """Remove a job that has ended, and what is kept of it in the object store.

    Raises
    ------
    JobBusyError
        The job goes on.
    """
    job = backend.lookup.job(id)
    if job_state(job) not in FINAL_JOB_STATES:
        raise JobBusyError(
            f"Job {title_of(job)} is not finished. Cancel it with `fairlead jobs cancel {id}`"
            " first."
        )
    backend.rest.delete(JOBS, backend.namespace, name_of(job), uid=uid_of(job))
    store = backend.storage.optional()
    if store is not None:
        store.delete_prefix(f"jobs/{uid_of(job)}")
