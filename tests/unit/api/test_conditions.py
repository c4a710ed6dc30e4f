"""Conditions change when what they say changes, and only then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.api.conditions import condition, find, is_true, merged, without
from fairlead.api.job_conditions import job_conditions
from fairlead.api.meta import Condition
from fairlead.core.states import JobState

NOW = datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def told(status: bool | None, reason: str = "Because", when: datetime = NOW) -> Condition:
    return condition("Ready", status, reason, now=when, generation=1)


def test_a_condition_is_as_kubernetes_writes_it() -> None:
    assert told(None).to_dict() == {
        "type": "Ready",
        "status": "Unknown",
        "reason": "Because",
        "message": "",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
        "observedGeneration": 1,
    }


def test_the_transition_time_moves_with_the_status_only() -> None:
    first = merged(None, [told(False)])
    [same] = merged(first, [told(False, "Another", LATER)])
    assert (same.reason, same.last_transition_time) == ("Another", first[0].last_transition_time)
    [turned] = merged(first, [told(True, when=LATER)])
    assert turned.last_transition_time == LATER.replace(microsecond=0)


def test_nothing_new_leaves_the_list_equal() -> None:
    before = merged(None, [told(True)])
    assert merged(before, [told(True, when=LATER)]) == before


def test_other_conditions_keep_their_place() -> None:
    others = [condition(name, True, "R", now=NOW) for name in ("A", "Ready", "B")]
    after = merged(others, [told(False, when=LATER)])
    assert [one.type for one in after] == ["A", "Ready", "B"]
    assert [one.type for one in without(after, "A", "B")] == ["Ready"]


def test_conditions_are_found_by_type() -> None:
    some = [told(True)]
    assert find(some, "Ready") is some[0]
    assert find(None, "Ready") is None
    assert is_true(some, "Ready")
    assert not is_true(some, "Other")
    assert not is_true([told(None)], "Ready")


def test_a_long_message_is_cut_to_what_the_server_takes() -> None:
    made = condition("Ready", True, "R", "x" * 10_000, now=NOW)
    assert len(made.message) == 4096
    assert made.message.endswith("x…")


STATUSES = {
    JobState.QUEUED: ("Unknown", "False", "False", "False", "False"),
    JobState.RUNNING: ("Unknown", "False", "False", "False", "False"),
    JobState.SUSPENDED: ("Unknown", "False", "False", "True", "False"),
    JobState.COMPLETED: ("True", "True", "False", "False", "True"),
    JobState.FAILED: ("False", "False", "True", "False", "True"),
    JobState.CANCELLED: ("False", "False", "True", "False", "True"),
}


@pytest.mark.parametrize("state", JobState)
def test_the_conditions_of_a_job(state: JobState) -> None:
    made = job_conditions(None, state, now=NOW, generation=3)
    types = ["Succeeded", "Complete", "Failed", "Suspended", "Finished"]
    assert [one.type for one in made] == types
    assert tuple(one.status for one in made) == STATUSES[state]
    assert {one.observed_generation for one in made} == {3}


def test_a_job_that_is_retried_is_not_finished_any_more() -> None:
    ended = job_conditions(None, JobState.FAILED, reason="TaskFailed", now=NOW, generation=1)
    again = job_conditions(ended, JobState.RUNNING, now=LATER, generation=2)
    finished = find(again, "Finished")
    assert finished is not None
    assert (finished.status, finished.reason) == ("False", "Running")
    assert finished.last_transition_time == LATER.replace(microsecond=0)
