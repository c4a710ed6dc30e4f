"""The transition tables: complete, closed at the final states, and the source of the diagram."""

from __future__ import annotations

import re
from itertools import product

import pytest

from fairlead.core.diagram import job_diagram, task_diagram
from fairlead.core.states import (
    FINAL_JOB_STATES,
    FINAL_TASK_STATES,
    JOB_TRANSITIONS,
    TASK_TRANSITIONS,
    IllegalTransitionError,
    JobState,
    TaskState,
    check_job_transition,
    check_transition,
    is_final,
)
from fairlead.errors import FairleadError

LEGAL = {
    "QUEUED": "RUNNING SKIPPED CANCELLED FAILED FAILED_OPTIONAL",
    "RUNNING": "COMPUTED COMPLETED QUEUED FAILED FAILED_OPTIONAL CANCELLED",
    "COMPUTED": "COMPLETED CANCELLED",
}
"""The law's table, written out once more."""


@pytest.mark.parametrize(("before", "after"), list(product(TaskState, TaskState)))
def test_every_pair_of_task_states_is_as_the_law_says(before: TaskState, after: TaskState) -> None:
    if after.value in LEGAL.get(before.value, "").split():
        check_transition(before, after)
    else:
        with pytest.raises(IllegalTransitionError, match=f"{before.value} task cannot become"):
            check_transition(before, after)


def test_every_state_is_in_its_table() -> None:
    assert set(TASK_TRANSITIONS) == set(TaskState)
    assert set(JOB_TRANSITIONS) == set(JobState)


def test_the_final_states() -> None:
    assert {state.value for state in FINAL_TASK_STATES} == {
        "COMPLETED",
        "FAILED",
        "FAILED_OPTIONAL",
        "SKIPPED",
        "CANCELLED",
    }
    assert {state.value for state in FINAL_JOB_STATES} == {"COMPLETED", "FAILED", "CANCELLED"}
    assert is_final(TaskState.SKIPPED)
    assert not is_final(TaskState.COMPUTED)
    assert is_final(JobState.FAILED)
    assert not is_final(JobState.SUSPENDED)


@pytest.mark.parametrize("final", sorted(FINAL_JOB_STATES))
@pytest.mark.parametrize("after", list(JobState))
def test_nothing_follows_a_final_job(final: JobState, after: JobState) -> None:
    with pytest.raises(IllegalTransitionError):
        check_job_transition(final, after)


def test_a_job_may_change_its_reason_alone() -> None:
    check_job_transition(JobState.RUNNING, JobState.RUNNING)
    with pytest.raises(IllegalTransitionError, match="QUEUED job cannot become FAILED"):
        check_job_transition(JobState.QUEUED, JobState.FAILED)


def test_an_illegal_transition_is_one_of_our_errors() -> None:
    assert issubclass(IllegalTransitionError, FairleadError)


def test_state_names_are_upper_case_and_equal_to_their_text() -> None:
    for state in (*TaskState, *JobState):
        assert state.value == state.name == state.upper()


@pytest.mark.parametrize(
    ("text", "table"), [(task_diagram(), TASK_TRANSITIONS), (job_diagram(), JOB_TRANSITIONS)]
)
def test_the_diagram_shows_exactly_the_table(
    text: str, table: dict[TaskState | JobState, frozenset[TaskState | JobState]]
) -> None:
    assert text.startswith("stateDiagram-v2\n    [*] --> QUEUED\n")
    arrows = set(re.findall(r"^    (\w+) --> (\w+)$", text, re.MULTILINE))
    assert arrows == {(a.value, b.value) for a, after in table.items() for b in after}
    ends = set(re.findall(r"^    (\w+) --> \[\*\]$", text, re.MULTILINE))
    assert ends == {state.value for state, after in table.items() if not after}
