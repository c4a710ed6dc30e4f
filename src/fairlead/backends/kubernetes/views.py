"""Objects of the API server as the records that the SDK shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fairlead.api.identity import job_identity
from fairlead.api.ranges import unpack_keys
from fairlead.api.times import seconds
from fairlead.api.words import TASK_STATES
from fairlead.backends.kubernetes.failures import failure_of_job, failure_of_task
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.backends.kubernetes.words import (
    Object,
    created,
    job_state,
    name_of,
    status_of,
    task_state,
    uid_of,
)
from fairlead.core.states import FINAL_JOB_STATES, JobState
from fairlead.sdk.backend import JobView, Progress, TaskView

IdOf = Callable[[str, str], str | None]
"""Returns the id of the Task with a name and a unique id, or None if it is gone."""


def title_of(job: Object) -> str:
    """Return a job's name as its author wrote it."""
    return str(job["spec"].get("title") or name_of(job))


def job_view(
    job: Object, first_failed: Object | None = None, lineage: str | None = None
) -> JobView:
    """Return a Job as the SDK shows it.

    Parameters
    ----------
    job
        The object.
    first_failed
        The Task whose failure is the job's, where it was fetched.
    lineage
        The id of the job that it was made from.
    """
    spec, status, state = job["spec"], status_of(job), job_state(job)
    fresh = state is JobState.QUEUED and spec.get("run", 1) > status.get("run", 1)
    return JobView(
        id=job_identity(job),
        name=title_of(job),
        state=state,
        reason=None if fresh else status.get("reason"),
        failure=None if fresh else failure_of_job(job, first_failed),
        run=spec.get("run", 1),
        closed="tasks" in spec or spec.get("closed") is not None,
        style=str(spec.get("style") or "Job").lower(),
        program=None,
        machine_group=spec.get("machineGroup"),
        created=created(job),
        started=seconds(status.get("startTime")),
        ended=seconds(status.get("completionTime")) if state in FINAL_JOB_STATES else None,
        counts=_counts(job),
        lineage=lineage or (spec.get("lineage") or {}).get("job"),
        driven=state not in FINAL_JOB_STATES,
    )


def _counts(job: Object) -> dict[Any, int]:
    counted = status_of(job).get("tasks") or {}
    counts = {
        state: counted[word[:1].lower() + word[1:]]
        for word, state in TASK_STATES.items()
        if counted.get(word[:1].lower() + word[1:])
    }
    listed = len(job["spec"].get("tasks") or ())
    return counts or ({TASK_STATES["Queued"]: listed} if listed else {})


def task_views(tree: JobTree, *, history: bool = False) -> list[TaskView]:
    """Return the tasks of a job in order of creation; with history, superseded ones too."""
    return [task_view(task, tree) for task in (tree.visible if history else tree.current)]


def task_view(task: Object, tree: JobTree) -> TaskView:
    """Return a Task as the SDK shows it, by what is known of its job."""
    spec, status = task["spec"], status_of(task)
    above = tree.parent(task)
    state = task_state(task)
    title = spec.get("title")
    key = title or (None if spec["key"].isdigit() else spec["key"])
    retry = spec.get("retry") or {}
    return TaskView(
        id=task_id(task),
        job_id=job_identity(tree.job),
        parent_id=None if above is None else task_id(tree.newest_of(above)),
        key=key,
        identifier=spec["identifier"],
        version=spec["version"],
        display=status.get("display") or spec.get("display") or key or spec["identifier"],
        state=state,
        reason=status.get("reason"),
        attempt=status.get("attempt") or 0,
        max_retries=retry.get("limit", 0),
        optional=spec.get("failurePolicy") == "Ignore",
        depends_on=_dependencies(task, tree),
        created=created(task),
        started=seconds(status.get("startTime")),
        ended=ended_at(task),
        run=spec["run"],
        machine_size=spec.get("machineSize"),
        progress=progress_of(status),
        failure=failure_of_task(task),
        status_text=status.get("statusText"),
        superseded=tree.is_superseded(task),
    )


def task_id(task: Object) -> str:
    """Return a Task's id; one that was made without has none but its unique id."""
    return str(task["spec"].get("id") or uid_of(task))


def ended_at(task: Object) -> float | None:
    """Return when a Task ended: its attempt if that ended well, else the task."""
    status = status_of(task)
    outcome = status.get("outcome") or {}
    return seconds(outcome.get("time")) or seconds(status.get("endTime"))


def progress_of(status: Object) -> tuple[Progress, ...]:
    """Return how far each piece of a task's work is."""
    return tuple(
        Progress(entry.get("label", ""), entry.get("done", 0), entry.get("total", 0))
        for entry in status.get("progressDetails") or ()
    )


def _dependencies(task: Object, tree: JobTree) -> tuple[str, ...]:
    found = (tree.sibling(task, key) for key in dependency_keys(task))
    return tuple(task_id(one) for one in found if one is not None)


def dependency_keys(task: Object) -> list[str]:
    """Return the keys of the siblings that a task waits for, each once."""
    spec = task["spec"]
    keys = unpack_keys(spec.get("dependsOn") or ())
    for reference in spec.get("inputFrom") or ():
        first, count = reference["task"], reference.get("count", 1)
        keys += [first] if count == 1 else [str(int(first) + more) for more in range(count)]
    return list(dict.fromkeys(keys))
