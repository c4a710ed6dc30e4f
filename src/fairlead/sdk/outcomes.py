"""What a task ended with, as its caller sees it: a result, or an exception."""

from __future__ import annotations

from typing import Any

from fairlead.core.states import TaskState
from fairlead.errors import TaskCancelledError, TaskError
from fairlead.sdk.backend import Backend, TaskView
from fairlead.sdk.definitions import TaskDefinition, registry
from fairlead.sdk.failures import error_of
from fairlead.sdk.results import plain_value

FINAL = frozenset(
    {
        TaskState.COMPLETED,
        TaskState.FAILED,
        TaskState.FAILED_OPTIONAL,
        TaskState.SKIPPED,
        TaskState.CANCELLED,
    }
)
"""The states that a task never leaves."""

WORDS = {
    TaskState.QUEUED: "pending",
    TaskState.RUNNING: "running",
    TaskState.COMPUTED: "running",
    TaskState.COMPLETED: "completed",
    TaskState.FAILED: "failed",
    TaskState.FAILED_OPTIONAL: "failed",
    TaskState.SKIPPED: "cancelled",
    TaskState.CANCELLED: "cancelled",
}
"""The five words for a task's state that runs and sessions use."""


def result_or_raise(
    backend: Backend, task: TaskView, definition: TaskDefinition | None = None
) -> Any:
    """Return the result of a task that has ended, or raise what it ended with.

    Parameters
    ----------
    backend
        Where the task is.
    task
        The task; its state is final.
    definition
        Its definition, by whose return annotation the result is read; looked for if None.
    """
    error = error_of_task(task)
    if error is not None:
        raise error
    return decoded_result(backend, task, definition)


def error_of_task(task: TaskView) -> Exception | None:
    """Return what a task failed with, or None if it ended well."""
    if task.state is TaskState.COMPLETED:
        return None
    named = f"task {task.display} ({task.id})"
    if task.state is TaskState.CANCELLED:
        return TaskCancelledError(f"{named} was cancelled")
    if task.state is TaskState.SKIPPED:
        return TaskCancelledError(f"{named} was skipped: {task.reason or 'a sibling failed'}")
    if task.failure is not None:
        return error_of(task.failure)
    return TaskError(f"{named} is {task.state.value}: {task.reason or 'no reason was recorded'}")


def decoded_result(
    backend: Backend, task: TaskView, definition: TaskDefinition | None = None
) -> Any:
    """Return a completed task's result, read by its return annotation where that is known.

    Where it is the result of another task, whose future it returned, that one's annotation
    comes first: it was written by it.
    """
    data = backend.result(task.id)
    owner = backend.result_owner(task.id)
    known = definition or _only_definition(task)
    if owner != task.id:
        wrote = _only_definition(backend.task(owner))
        known = wrote if wrote is not None and wrote.results.is_annotated else known
    return plain_value(data) if known is None else known.results.decode(data)


def _only_definition(task: TaskView) -> TaskDefinition | None:
    """Return the one definition here that the task can be of; None if there are several."""
    found = [
        one for one in registry if one.identifier == task.identifier and one.version == task.version
    ]
    return found[0] if len(found) == 1 else None
