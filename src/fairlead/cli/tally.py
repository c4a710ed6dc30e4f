"""Counts of a job's tasks, as people ask for them."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.core.states import JobState, TaskState

ENDED_WELL = (TaskState.COMPLETED, TaskState.FAILED_OPTIONAL, TaskState.SKIPPED)
"""What counts as done: a task that ended so never runs again, not even when its job is retried."""

ENDED_BADLY = (TaskState.FAILED, TaskState.CANCELLED)

FINAL_TASKS = (*ENDED_WELL, *ENDED_BADLY)

FINAL_JOBS = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)


def add_up(counts: Mapping[TaskState, int], *states: TaskState) -> int:
    """Return how many tasks are in one of these states."""
    return sum(counts.get(state, 0) for state in states)


def total(counts: Mapping[TaskState, int]) -> int:
    """Return how many tasks there are so far; running tasks may add some."""
    return sum(counts.values())


def done(counts: Mapping[TaskState, int]) -> int:
    """Return how many tasks are done and stay done."""
    return add_up(counts, *ENDED_WELL)


def kept(counts: Mapping[TaskState, int]) -> int:
    """Return how many tasks a retry of the job would not run again."""
    return add_up(counts, *ENDED_WELL, TaskState.COMPUTED)


def progress(counts: Mapping[TaskState, int]) -> str:
    """Return ``done/total``."""
    return f"{done(counts)}/{total(counts)}"


def in_words(counts: Mapping[TaskState, int]) -> str:
    """Return the number of tasks in each state there is: ``41 completed, 8 running``."""
    parts = [
        f"{counts[state]} {state.value.lower().replace('_', ' ')}"
        for state in TaskState
        if counts.get(state)
    ]
    return ", ".join(parts) or "no tasks"
