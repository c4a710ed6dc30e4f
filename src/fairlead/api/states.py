"""Fields of models that hold states and outcomes.

In Python such a field holds the core's own enumeration; only the text differs.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from fairlead.api.words import camel, words
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES, JobState, TaskState

__all__ = [
    "FINAL_JOB_WORDS",
    "FINAL_TASK_WORDS",
    "JobStateText",
    "OutcomeText",
    "TaskStateText",
    "camel",
]


def _field(kind: type[Enum]) -> Any:
    """Return the annotations of a field that holds ``kind`` and is written in CamelCase."""
    known = words(kind)
    return (
        BeforeValidator(lambda given: known.get(given, given) if isinstance(given, str) else given),
        PlainSerializer(camel, return_type=str),
        WithJsonSchema({"type": "string", "enum": list(known)}),
    )


TaskStateText = Annotated[TaskState, *_field(TaskState)]
JobStateText = Annotated[JobState, *_field(JobState)]
OutcomeText = Annotated[OutcomeKind, *_field(OutcomeKind)]

FINAL_TASK_WORDS = sorted(camel(state) for state in FINAL_TASK_STATES)
"""The states of a task that nothing follows, as Kubernetes writes them."""

FINAL_JOB_WORDS = sorted(camel(state) for state in FINAL_JOB_STATES)
"""The states of a job that nothing follows in the same run."""
