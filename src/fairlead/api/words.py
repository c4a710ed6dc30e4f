"""States and outcomes as Kubernetes writes them: Queued, FailedOptional, OutOfMemory."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import JobState, TaskState

E = TypeVar("E", bound=Enum)


def camel(word: Enum) -> str:
    """Return a state or outcome in Kubernetes' spelling, ``FAILED_OPTIONAL`` as FailedOptional."""
    return "".join(part.capitalize() for part in str(word.value).split("_"))


def words(kind: type[E]) -> dict[str, E]:
    """Return the members of an enumeration by their spelling in Kubernetes."""
    return {camel(member): member for member in kind}


TASK_STATES: Mapping[str, TaskState] = words(TaskState)
JOB_STATES: Mapping[str, JobState] = words(JobState)
OUTCOMES: Mapping[str, OutcomeKind] = words(OutcomeKind)
