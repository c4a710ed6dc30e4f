"""A job's tree as data, for programs that read ``--output json``.

The tasks stay a flat list that names parents and children by id: nested objects would
exceed the depth that readers of JSON accept, and a tree may be thousands deep.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairlead.sdk.backend import Failure, JobView, TaskView
from fairlead.sdk.display.durations import STATE_ORDER
from fairlead.sdk.display.tree import TaskTree, count_states


def to_dict(job: JobView, tasks: Iterable[TaskView]) -> dict[str, Any]:
    """Return a job's tree as values that JSON can hold.

    Parameters
    ----------
    job
        The job.
    tasks
        Its tasks, in order of creation.

    Returns
    -------
    dict
        ``job`` (a record), ``roots`` (ids of the top level) and ``tasks`` (records,
        each with ``parent`` and ``children`` as ids).  Times are seconds since the
        epoch, states are upper case.
    """
    tree = TaskTree(tasks)
    counts = count_states(tree.tasks)
    return {
        "job": {
            "id": job.id,
            "name": job.name,
            "state": job.state.value,
            "reason": job.reason,
            "failure": _failure(job.failure),
            "run": job.run,
            "style": job.style,
            "created": job.created,
            "started": job.started,
            "ended": job.ended,
            "total": len(tree.tasks),
            "counts": {state.value: counts[state] for state in STATE_ORDER if counts[state]},
        },
        "roots": [task.id for task in tree.roots],
        "tasks": [_task(task, tree) for task in tree.tasks],
    }


def _task(task: TaskView, tree: TaskTree) -> dict[str, Any]:
    return {
        "id": task.id,
        "parent": task.parent_id,
        "children": [child.id for child in tree.children(task)],
        "depends_on": list(task.depends_on),
        "key": task.key,
        "identifier": task.identifier,
        "version": task.version,
        "display": task.display,
        "state": task.state.value,
        "reason": task.reason,
        "status": task.status_text,
        "attempt": task.attempt,
        "max_retries": task.max_retries,
        "optional": task.optional,
        "machine_size": task.machine_size,
        "run": task.run,
        "created": task.created,
        "started": task.started,
        "ended": task.ended,
        "progress": [
            {"label": part.label, "done": part.done, "total": part.total} for part in task.progress
        ],
        "failure": _failure(task.failure),
    }


def _failure(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    return {"kind": failure.kind, "type": failure.type, "message": failure.message}
