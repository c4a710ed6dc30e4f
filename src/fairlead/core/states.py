"""The states of tasks and of jobs, and the only changes between them that may happen.

The two tables are the whole law of transitions: the diagram in the documentation is
drawn from them (:mod:`fairlead.core.diagram`), and a change that is not in them raises
:class:`IllegalTransitionError` and changes nothing.  A final state leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from fairlead.errors import FairleadError


class TaskState(str, Enum):  # noqa: UP042 (its text form is part of the contract)
    """Where one task is in its life."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPUTED = "COMPUTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    FAILED_OPTIONAL = "FAILED_OPTIONAL"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"


class JobState(str, Enum):  # noqa: UP042 (its text form is part of the contract)
    """Where one run of a job is in its life."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class IllegalTransitionError(FairleadError):
    """A task or a job was to change between states that do not follow each other."""


NOTHING: frozenset[TaskState] = frozenset()

TASK_TRANSITIONS: Mapping[TaskState, frozenset[TaskState]] = {
    TaskState.QUEUED: frozenset(
        {
            TaskState.RUNNING,
            TaskState.SKIPPED,
            TaskState.CANCELLED,
            # Never started: it waited for a runner longer than it may.
            TaskState.FAILED,
            TaskState.FAILED_OPTIONAL,
        }
    ),
    TaskState.RUNNING: frozenset(
        {
            TaskState.COMPUTED,
            TaskState.COMPLETED,
            # A retry, or an attempt that its runner handed back.
            TaskState.QUEUED,
            TaskState.FAILED,
            TaskState.FAILED_OPTIONAL,
            TaskState.CANCELLED,
        }
    ),
    TaskState.COMPUTED: frozenset(
        {
            TaskState.COMPLETED,
            # Only where this very task, or one above it, is cancelled on its own.  The
            # end of a failing or cancelled *job* leaves a COMPUTED task as it is, so
            # that a later run of the job need not execute it again.
            TaskState.CANCELLED,
        }
    ),
    TaskState.COMPLETED: NOTHING,
    TaskState.FAILED: NOTHING,
    TaskState.FAILED_OPTIONAL: NOTHING,
    TaskState.SKIPPED: NOTHING,
    TaskState.CANCELLED: NOTHING,
}
"""For each state of a task, the states that may follow it."""

JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.SUSPENDED, JobState.COMPLETED}),
    JobState.RUNNING: frozenset(
        {JobState.SUSPENDED, JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.SUSPENDED: frozenset({JobState.QUEUED, JobState.RUNNING, JobState.COMPLETED}),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""For each state of a job's run, the states that may follow it.

A job fails, or is cancelled, by way of RUNNING with reason Failing or Cancelling: the
intention is recorded before the tasks change, so that a crash cannot lose it.
"""

FINAL_TASK_STATES = frozenset(state for state, after in TASK_TRANSITIONS.items() if not after)
FINAL_JOB_STATES = frozenset(state for state, after in JOB_TRANSITIONS.items() if not after)


def is_final(state: TaskState | JobState) -> bool:
    """Return whether nothing follows this state, ever (for a job: in this run)."""
    if isinstance(state, TaskState):
        return state in FINAL_TASK_STATES
    return state in FINAL_JOB_STATES


def check_transition(before: TaskState, after: TaskState) -> None:
    """Raise :class:`IllegalTransitionError` unless a task may go from one to the other."""
    if after not in TASK_TRANSITIONS[before]:
        raise IllegalTransitionError(f"a {before.value} task cannot become {after.value}")


def check_job_transition(before: JobState, after: JobState) -> None:
    """Raise :class:`IllegalTransitionError` unless a job may go from one to the other.

    Staying in a state that is not final (with another reason) is legal.
    """
    if before is after and before not in FINAL_JOB_STATES:
        return
    if after not in JOB_TRANSITIONS[before]:
        raise IllegalTransitionError(f"a {before.value} job cannot become {after.value}")
