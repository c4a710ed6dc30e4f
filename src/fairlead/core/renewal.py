"""What runs again when a failed or cancelled job is retried: its next run.

Only what did not succeed runs again.  From the top level downwards: what is FAILED,
CANCELLED or never started gets a *new* task object under the same key, with fresh
budgets, so that final states stay final and the old objects stay in the history.  Its
former subtasks are superseded, for it will submit them anew.  A COMPUTED task is not
executed again; it is kept and looked into.  COMPLETED, FAILED_OPTIONAL and SKIPPED tasks
are kept with all that is under them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairlead.core.node import Key
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.states import JobState, TaskState
from fairlead.errors import InvalidRequestError

KEPT = frozenset(
    {
        TaskState.COMPUTED,
        TaskState.COMPLETED,
        TaskState.FAILED_OPTIONAL,
        TaskState.SKIPPED,
    }
)
"""A task in one of these states is not executed again."""


@dataclass(frozen=True, slots=True)
class RenewalPlan:
    """What a driver writes to open a job's next run.

    Attributes
    ----------
    kept
        Tasks whose objects stay the newest under their keys.
    renewed
        Tasks that get a new object: QUEUED, attempt 0, no failures.
    superseded
        Tasks that no longer exist, because a renewed task above submitted them.
    next_run
        The job as it is observed once the plan is written.  A graph rebuilt from it is
        ready to start; should a renewed task stand under a closed optional root, its
        first effects skip it.
    """

    kept: tuple[Key, ...]
    renewed: tuple[Key, ...]
    superseded: tuple[Key, ...]
    next_run: ObservedJob


def renew(observed: ObservedJob) -> RenewalPlan:
    """Plan the next run of a job that ended without success.

    Raises
    ------
    InvalidRequestError
        If the job's present run has not failed and was not cancelled.
    """
    if observed.state not in (JobState.FAILED, JobState.CANCELLED):
        raise InvalidRequestError(
            f"only a failed or cancelled job can be retried; this one is {observed.state.value}"
        )
    tasks = list(observed.tasks)
    kept: dict[Key, ObservedTask] = {}
    renewed: dict[Key, ObservedTask] = {}
    superseded: list[Key] = []
    for task in tasks:  # parents come before their subtasks
        key = task.spec.key
        if task.parent is not None and task.parent not in kept:
            superseded.append(key)
        elif task.state in KEPT or _is_settled(task, kept):
            kept[key] = task
        else:
            renewed[key] = ObservedTask(spec=task.spec, parent=task.parent)
    both = {**kept, **renewed}
    order = [task.spec.key for task in tasks if task.spec.key in both]
    return RenewalPlan(
        kept=tuple(kept),
        renewed=tuple(renewed),
        superseded=tuple(superseded),
        next_run=_next_run(observed, [both[key] for key in order]),
    )


def _is_settled(task: ObservedTask, kept: dict[Key, ObservedTask]) -> bool:
    """Return whether the task's parent is final, so that nothing under it may run again."""
    return task.parent is not None and kept[task.parent].state is not TaskState.COMPUTED


def _next_run(observed: ObservedJob, tasks: list[ObservedTask]) -> ObservedJob:
    return replace(
        observed,
        tasks=tasks,
        state=JobState.QUEUED,
        closed=True,
        suspended=False,
        cancelling=False,
        failing=False,
        reason=None,
        cause=None,
        first_failure=None,
    )
