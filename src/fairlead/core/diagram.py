"""Draw the transition tables as Mermaid state diagrams, for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeVar

from fairlead.core.states import JOB_TRANSITIONS, TASK_TRANSITIONS, JobState, TaskState

State = TypeVar("State", bound=Enum)


def task_diagram() -> str:
    """Return the life of a task as a Mermaid ``stateDiagram-v2``."""
    return _diagram(TaskState.QUEUED, TASK_TRANSITIONS)


def job_diagram() -> str:
    """Return the life of one run of a job as a Mermaid ``stateDiagram-v2``."""
    return _diagram(JobState.QUEUED, JOB_TRANSITIONS)


def _diagram(first: State, table: Mapping[State, frozenset[State]]) -> str:
    return "\n".join(["stateDiagram-v2", *_lines(first, table), ""])


def _lines(first: State, table: Mapping[State, frozenset[State]]) -> Iterator[str]:
    yield f"    [*] --> {first.value}"
    for before, after in table.items():
        # The table's own order, not the set's, so that the text never changes by chance.
        yield from (f"    {before.value} --> {state.value}" for state in table if state in after)
        if not after:
            yield f"    {before.value} --> [*]"
