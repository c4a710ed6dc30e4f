"""Asking for the next run of a failed or cancelled job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairlead.backends.kubernetes.asking import until
from fairlead.backends.kubernetes.errors import ConflictError
from fairlead.backends.kubernetes.kinds import JOBS
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.backends.kubernetes.views import title_of
from fairlead.backends.kubernetes.words import job_state, name_of, status_of, task_state, uid_of
from fairlead.core.node import NodeSpec, TaskPolicy
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.renewal import renew
from fairlead.core.states import JobState
from fairlead.errors import InvalidRequestError

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

_POLICY = TaskPolicy()


def retry(backend: KubernetesBackend, id: str) -> int:
    """Open the job's next run; return how many tasks will run again.

    Raises
    ------
    InvalidRequestError
        The job has not failed and was not cancelled.
    """
    while True:
        job = backend.lookup.job(id)
        state = job_state(job)
        if state not in (JobState.FAILED, JobState.CANCELLED):
            raise InvalidRequestError(
                f"Job {title_of(job)} is {state.value}. Only a job that failed or was cancelled"
                " can be retried."
            )
        renewed = len(renew(observed(backend.lookup.tree(job))).renewed)
        try:
            _raise_run(backend, job)
        except ConflictError:
            continue  # somebody, most likely the operator, has written it meanwhile
        break
    until(lambda: _has_begun(backend, id, renewed), f"the retry of {title_of(job)}")
    return renewed


def _raise_run(backend: KubernetesBackend, job: dict[str, Any]) -> None:
    body = {
        "metadata": {"resourceVersion": job["metadata"]["resourceVersion"]},
        "spec": {"run": job["spec"].get("run", 1) + 1, "desired": "Running"},
    }
    backend.rest.patch(JOBS, backend.namespace, name_of(job), body)


def _has_begun(backend: KubernetesBackend, id: str, renewed: int) -> bool:
    """Return whether the operator has made the new run's tasks."""
    job = backend.lookup.job(id)
    run = job["spec"]["run"]
    if status_of(job).get("run") != run:
        return False
    tree = backend.lookup.tree(job)
    made = [task for task in tree.visible if task["spec"]["run"] == run]
    return len(made) >= renewed


def observed(tree: JobTree) -> ObservedJob:
    """Return a job as the core knows it, as far as it matters to what a retry renews."""
    tasks = []
    for task in tree.current:
        above = tree.parent(task)
        spec = NodeSpec(uid_of(task), "", (), _POLICY, "", task["spec"]["identifier"])
        tasks.append(ObservedTask(spec, None if above is None else uid_of(above), task_state(task)))
    return ObservedJob(tasks=tasks, state=job_state(tree.job))
