"""Why something failed, in one clause, and which task it was."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.core.states import TaskState
from fairlead.sdk.attempt import OutcomeKind
from fairlead.sdk.backend import Failure, TaskView
from fairlead.sdk.display.words import clean

_CLAUSES = {
    OutcomeKind.TIMEOUT.value: "timed out",
    OutcomeKind.OUT_OF_MEMORY.value: "ran out of memory",
    OutcomeKind.CRASHED.value: "crashed",
    OutcomeKind.DISRUPTED.value: "was disrupted",
    OutcomeKind.NEVER_STARTED.value: "never started",
    OutcomeKind.LOST.value: "was lost",
}
_RAISED = (OutcomeKind.ERROR.value, OutcomeKind.NON_RETRYABLE.value)


def clause(failure: Failure) -> str:
    """Return what happened, to stand after the name of a task: ``raised ValueError: no tiles``."""
    message = clean(failure.message)
    if failure.kind in _RAISED and failure.type:
        return f"raised {failure.type}: {message}" if message else f"raised {failure.type}"
    what = _CLAUSES.get(failure.kind, "failed")
    return f"{what}: {message}" if message else what


def attempts(task: TaskView) -> str:
    """Return which of a task's attempts is meant: ``attempt 4 of 4``."""
    return f"attempt {task.attempt} of {max(task.max_retries + 1, task.attempt)}"


def first_failed(tasks: Sequence[TaskView]) -> TaskView | None:
    """Return the task whose failure ended the job; None if none failed.

    A job fails with its first failure.  Tasks that were cancelled because of it ended
    at the same time or later, so a failed task goes before a cancelled one.
    """
    for state in (TaskState.FAILED, TaskState.CANCELLED):
        ended = [task for task in tasks if task.state is state and not task.superseded]
        ended = [task for task in ended if task.failure is not None] or ended
        if ended:
            return min(ended, key=lambda task: task.ended or float("inf"))
    return None
