"""Making a new job in the cluster: all of it, or nothing that could ever run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from fairlead.backends.kubernetes.kinds import JOBS, TASKS
from fairlead.backends.kubernetes.newjobs import job_object, keys, listed
from fairlead.backends.kubernetes.newtasks import Writer, task_object
from fairlead.backends.kubernetes.publishing import publish
from fairlead.backends.kubernetes.words import name_of, uid_of
from fairlead.core.node import NodeSpec, TaskPolicy
from fairlead.core.specs import check_specs
from fairlead.sdk.backend import NewJob, NewTask

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

AT_ONCE = 8
"""Tasks that are made at the same time."""


def submit(backend: KubernetesBackend, job: NewJob) -> dict[str, Any]:
    """Make a job and its tasks; return the Job as the server has it."""
    check_graph(job.tasks)
    inputs = Inputs(backend)
    entries = listed(job, inputs.keep)
    body = job_object(job, None, backend.lineage(job))
    specs = _specs(job, inputs.keep) if entries is None else []
    release = publish(backend, job)
    if release is not None:
        body["spec"]["release"] = release
    inputs.write()
    if entries is not None:
        body["spec"]["tasks"] = entries
        return backend.rest.create(JOBS, backend.namespace, body)
    body["metadata"]["annotations"] = backend.pulses.annotations()
    if specs:
        # Nothing of it runs before all is there.
        body["spec"]["desired"] = "Suspended"
    made = backend.rest.create(JOBS, backend.namespace, body)
    backend.pulses.begin(made)
    return _filled(backend, made, specs, closed=job.closed) if specs else made


def _specs(job: NewJob, put: Callable[[bytes], dict[str, Any]]) -> list[dict[str, Any]]:
    writer = Writer(str, put)
    return [writer.spec(task, key) for task, key in zip(job.tasks, keys(job), strict=True)]


def _filled(
    backend: KubernetesBackend, job: dict[str, Any], specs: list[dict[str, Any]], *, closed: bool
) -> dict[str, Any]:
    """Make the tasks of a suspended open job one by one, and let it run.

    Should this program die meanwhile, the operator takes the job for an abandoned session.
    """
    rest, namespace = backend.rest, backend.namespace
    try:
        create_tasks(backend, job, specs)
        ready: dict[str, Any] = {"desired": "Running"}
        if closed:
            ready["closed"] = {"tasks": len(specs)}
        running = rest.patch(JOBS, namespace, name_of(job), {"spec": ready})
    except BaseException:
        backend.pulses.end(job)
        rest.delete(JOBS, namespace, name_of(job), uid=uid_of(job))
        raise
    if closed:
        backend.pulses.end(job)
    return running


def create_tasks(
    backend: KubernetesBackend, job: dict[str, Any], specs: Iterable[dict[str, Any]]
) -> None:
    """Make Tasks at the top level of an open Job."""
    name, uid, run = name_of(job), uid_of(job), job["spec"].get("run", 1)
    group, release = job["spec"].get("machineGroup"), job["spec"].get("release")
    pod = backend.rest.connection.pod_uid

    def create(spec: dict[str, Any]) -> None:
        if group is not None:
            spec["machineGroup"] = group
        if release is not None:
            spec["release"] = release
        if pod is not None:
            spec["creator"] = {"podUID": pod}
        backend.rest.create(TASKS, backend.namespace, task_object(name, uid, run, spec))

    wanted = list(specs)
    if len(wanted) == 1:
        create(wanted[0])
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fairlead-submit") as threads:
        for _ in threads.map(create, wanted):
            pass


def check_graph(tasks: Sequence[NewTask]) -> None:
    """Refuse tasks that depend on each other in a circle, or on what is not there."""
    policy = TaskPolicy()
    check_specs(
        [
            NodeSpec(position, task.identifier, task.depends_on, policy, task.id, task.identifier)
            for position, task in enumerate(tasks)
        ],
        (),
        lambda key: False,
    )


class Inputs:
    """Inputs that go to the object store; they are written once all else is known to be right."""

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend
        self._kept: dict[str, bytes] = {}

    def keep(self, data: bytes) -> dict[str, Any]:
        """Take an input, and return the reference to it."""
        reference = self._backend.storage.input_reference(data)
        self._kept[reference["key"]] = data
        return reference

    def write(self) -> None:
        """Write what was taken."""
        for key, data in self._kept.items():
            self._backend.storage.put(key, data)
