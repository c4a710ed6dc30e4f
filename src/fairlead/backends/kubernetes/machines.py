"""Machine groups, and the queue of tasks that wait for a runner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fairlead.api import labels
from fairlead.api.constants import API_VERSION
from fairlead.api.identity import task_ids
from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.kinds import GROUPS, JOBS, TASKS
from fairlead.backends.kubernetes.words import Object, created, name_of, status_of, task_state
from fairlead.core.states import TaskState
from fairlead.errors import NotFoundError

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

_AT_A_TIME = 100


def start(backend: KubernetesBackend, name: str, size: str, minimum: int, maximum: int) -> None:
    """Make a machine group."""
    body = {
        "apiVersion": API_VERSION,
        "kind": "MachineGroup",
        "metadata": {"name": name},
        "spec": {"size": size, "minMachines": minimum, "maxMachines": maximum},
    }
    backend.rest.create(GROUPS, backend.namespace, body)


def terminate(backend: KubernetesBackend, name: str) -> None:
    """Let nothing more start on a group; what runs on it ends well."""
    try:
        backend.rest.patch(GROUPS, backend.namespace, name, {"spec": {"desired": "Terminated"}})
    except MissingError:
        raise NotFoundError(
            f"No machine group is called {name!r} in the namespace {backend.namespace}."
            " `fairlead machines list` shows them all."
        ) from None


def listing(backend: KubernetesBackend) -> list[dict[str, Any]]:
    """Return the groups in order of their start, with how many tasks of each run and wait."""
    rest, namespace = backend.rest, backend.namespace
    groups = sorted(rest.list(GROUPS, namespace), key=lambda one: (created(one), name_of(one)))
    running = _by_group(rest.list(TASKS, namespace, fields="status.state=Running"))
    queued = _by_group(rest.list(TASKS, namespace, fields="status.state=Queued"))
    return [_entry(group, running, queued) for group in groups]


def _entry(group: Object, running: Counter[str], queued: Counter[str]) -> dict[str, Any]:
    spec, name = group["spec"], name_of(group)
    ended = spec.get("desired") == "Terminated"
    return {
        "name": name,
        "size": spec["size"],
        "minimum": spec.get("minMachines", 0),
        "maximum": spec.get("maxMachines", 1),
        "state": "TERMINATED" if ended else "STARTED",
        "created": created(group),
        "running": running[name],
        "queued": queued[name],
    }


def _by_group(tasks: Iterable[Object]) -> Counter[str]:
    return Counter(task["spec"].get("machineGroup") or "" for task in tasks)


def queue_position(backend: KubernetesBackend, id: str) -> int | None:
    """Return how many tasks that wait for the same machines are ahead of a task.

    None once it has started, or where it will never start.
    """
    task = backend.lookup.task(id)
    if task_state(task) is not TaskState.QUEUED or status_of(task).get("attempt"):
        return None
    group = task["spec"].get("machineGroup")
    own = created(task), id
    return sum(place < own for place in _waiting(backend, group))


def _waiting(backend: KubernetesBackend, group: str | None) -> Iterable[tuple[float, str]]:
    """Yield when tasks that wait for some machines were submitted, and their ids."""
    rest, namespace = backend.rest, backend.namespace
    known = set()
    for task in rest.list(TASKS, namespace, fields="status.state=Queued"):
        id = task["spec"].get("id", "")
        known.add(id)
        if task["spec"].get("machineGroup") == group and not status_of(task).get("attempt"):
            yield created(task), id
    # A job that was submitted just now may have no Tasks yet.
    for job in rest.list(JOBS, namespace, fields="status.state=Queued"):
        if job["spec"].get("machineGroup") == group:
            ids = [id for id in task_ids(job) if id not in known]
            made = _made(backend, ids)
            yield from ((created(job), id) for id in ids if id not in made)


def _made(backend: KubernetesBackend, ids: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), _AT_A_TIME):
        part = ",".join(ids[start : start + _AT_A_TIME])
        tasks = backend.lookup.tasks(f"{labels.ID} in ({part})")
        found |= {task["spec"]["id"] for task in tasks}
    return found
