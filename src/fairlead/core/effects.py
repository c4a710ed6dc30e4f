"""What a driver has to do after an event: write a state, stop an attempt.

The effects of an event are in the order in which they are to be carried out.  A driver
that dies between any two of them and rebuilds the graph from what it wrote comes to the
same end.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias

from fairlead.core.node import Key
from fairlead.core.states import JobState, TaskState


class StopKind(Enum):
    """How an attempt is to be stopped."""

    STOP = "stop"
    """Ask only, and record that it was asked; whatever it returns is kept."""
    CANCEL = "cancel"
    """Ask, and kill after the grace period; then report it."""
    TIMEOUT = "timeout"
    """Kill, and then report it with kind TIMEOUT."""


class Start(NamedTuple):
    """Write RUNNING and the attempt's number; once that is committed, run the attempt."""

    key: Key
    attempt: int


class TaskChanged(NamedTuple):
    """Write a task's state, its reason and its counters, all in one write.

    A task that becomes COMPUTED is written together with its new subtasks (QUEUED, and
    changed by later effects where they are cancelled or skipped at once).  Subtasks are
    written with no other state: those of a parent that does not become COMPUTED never
    come to be.
    """

    key: Key
    state: TaskState
    reason: str | None
    user_failures: int
    platform_failures: int
    not_before: float | None


class StopAttempt(NamedTuple):
    """Stop a running attempt; a later order for the same attempt adds to the first.

    The task may be CANCELLED by now: then the attempt is stopped, and fenced, all the same.
    """

    key: Key
    attempt: int
    kind: StopKind


class JobChanged(NamedTuple):
    """Write the job's state.

    ``cause`` says why the job is failing or being cancelled (also while it still runs),
    and ``first_failure`` names the task, if one was the cause.
    """

    state: JobState
    reason: str | None
    cause: str | None
    first_failure: Key | None


Effect: TypeAlias = TaskChanged | StopAttempt | JobChanged
