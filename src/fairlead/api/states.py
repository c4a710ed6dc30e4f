"""States and outcomes as Kubernetes writes them: Queued, FailedOptional, OutOfMemory.

In Python a field holds the core's own enumeration; only the text differs.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES, JobState, TaskState

E = TypeVar("E", bound=Enum)


def camel(word: Enum) -> str:
    """Return a state or outcome in Kubernetes' spelling, ``FAILED_OPTIONAL`` as FailedOptional."""
    return "".join(part.capitalize() for part in str(word.value).split("_"))


def _words(kind: type[E]) -> dict[str, E]:
    return {camel(member): member for member in kind}


def _field(kind: type[E]) -> Any:
    """Return the annotations of a field that holds ``kind`` and is written in CamelCase."""
    words = _words(kind)
    return (
        BeforeValidator(lambda given: words.get(given, given) if isinstance(given, str) else given),
        PlainSerializer(camel, return_type=str),
        WithJsonSchema({"type": "string", "enum": list(words)}),
    )


TaskStateText = Annotated[TaskState, *_field(TaskState)]
JobStateText = Annotated[JobState, *_field(JobState)]
OutcomeText = Annotated[OutcomeKind, *_field(OutcomeKind)]

FINAL_TASK_WORDS = sorted(camel(state) for state in FINAL_TASK_STATES)
"""The states of a task that nothing follows, as Kubernetes writes them."""

FINAL_JOB_WORDS = sorted(camel(state) for state in FINAL_JOB_STATES)
"""The states of a job that nothing follows in the same run."""
