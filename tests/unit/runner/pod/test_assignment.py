"""Whose a Task is, and in which attempt."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.runner.pod.assignments import SPEC, made

from fairlead.errors import ProgramError
from fairlead.runner.pod.assignment import assigned, is_held, reported
from fairlead.runner.pod.attempt import chosen_task
from fairlead.runner.pod.cache import verdict_of
from fairlead.runner.pod.settings import ListedTask
from fairlead.sdk.storedcache import StagedBy


def task(**status: Any) -> dict[str, Any]:
    metadata = {"name": "nightly-fetch", "uid": "task-uid", "resourceVersion": "9"}
    return {"metadata": metadata, "spec": SPEC, "status": {"state": "Queued", **status}}


HELD = {"podName": "pod", "attempt": 3}
OURS = {"attempt": 3, "podUID": "pod-uid", "kind": "Succeeded"}


def test_a_task_that_names_the_pod_is_its_assignment() -> None:
    found = assigned(task(**HELD, stop="Stop"), "pod")
    assert found is not None
    assert (found.name, found.uid, found.attempt) == ("nightly-fetch", "task-uid", 3)
    assert (found.is_begun, found.stop, found.resource_version) == (False, "Stop", "9")
    warm = assigned(task(**HELD, **{"state": "Running"}), "pod")
    assert warm is not None
    assert warm.is_begun


@pytest.mark.parametrize(
    "status",
    [
        {},
        {"podName": "other", "attempt": 3},
        {"podName": "pod"},
        {**HELD, "outcome": OURS},
        {**HELD, "state": "Cancelled"},
        {**HELD, "state": "Completed"},
    ],
)
def test_other_tasks_are_none(status: dict[str, Any]) -> None:
    assert assigned(task(**status), "pod") is None


def test_a_task_that_is_being_deleted_is_none() -> None:
    gone = task(**HELD)
    gone["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert assigned(gone, "pod") is None


def test_a_task_is_held_in_one_attempt_by_one_pod() -> None:
    assert is_held(task(**HELD), "pod", made())
    assert is_held(task(**HELD, outcome=OURS), "pod", made())
    assert not is_held(task(podName="pod", attempt=4), "pod", made())
    assert not is_held(task(podName=None, attempt=3), "pod", made())
    assert not is_held(task(**HELD, **{"state": "Failed"}), "pod", made())
    other = task(**HELD)
    other["metadata"]["uid"] = "another"
    assert not is_held(other, "pod", made())


def test_a_report_is_recognised_also_after_the_task_has_ended() -> None:
    assert reported(task(**HELD, outcome=OURS, **{"state": "Completed"}), "pod-uid", made())
    assert not reported(task(**HELD), "pod-uid", made())
    assert not reported(task(**HELD, outcome={**OURS, "podUID": "x"}), "pod-uid", made())
    assert not reported(task(**HELD, outcome={**OURS, "attempt": 2}), "pod-uid", made())


def test_siblings_are_those_of_the_parents_attempt_or_of_the_job() -> None:
    top = made().siblings
    assert (top.parent_uid, top.attempt, top.run, top.label) == ("job-uid", 0, 2, "job-uid.0")
    inner = made(parent={"name": "p", "uid": "p-uid", "attempt": 5}).siblings
    assert inner.label == "p-uid.5"
    assert made().own_children.label == "task-uid.3"


BY = StagedBy("nightly-fetch", "task-uid", 3, "pod-uid")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (HELD, "open"),
        ({**HELD, "state": "Running", "outcome": OURS}, "open"),
        ({**HELD, "state": "Running", "outcome": OURS, "children": 2}, "open"),
        ({**HELD, "state": "Completed", "outcome": OURS}, "committed"),
        ({**HELD, "state": "Computed", "outcome": OURS, "children": 2}, "committed"),
        ({**HELD, "state": "Cancelled", "outcome": OURS, "children": 2}, "committed"),
        ({**HELD, "state": "Cancelled", "outcome": OURS}, "dead"),
        ({**HELD, "state": "Failed", "outcome": OURS, "children": 2}, "dead"),
        ({**HELD, "state": "FailedOptional", "outcome": OURS, "children": 2}, "dead"),
        ({**HELD, "state": "Running", "outcome": {**OURS, "kind": "Error"}}, "dead"),
        ({"podName": "other", "attempt": 4, "state": "Running"}, "dead"),
        ({"state": "Completed", "attempt": 4, "outcome": {**OURS, "attempt": 4}}, "dead"),
        ({**HELD, "state": "Cancelled"}, "dead"),
        ({"state": "Queued", "attempt": 3}, "dead"),
    ],
)
def test_a_task_tells_what_became_of_an_attempt(status: dict[str, Any], verdict: str) -> None:
    assert verdict_of(task(**status), BY) == verdict


def test_another_task_of_that_name_tells_that_it_is_dead() -> None:
    assert verdict_of(task(**HELD), BY._replace(task_uid="earlier")) == "dead"


LISTED = tuple(ListedTask("A", version, f"flow:A{version}") for version in ("v1.0", "v1.3", "v2.0"))


def test_the_highest_compatible_version_runs() -> None:
    assert chosen_task(LISTED, {"identifier": "A", "version": "v1.1"}, "r").version == "v1.3"
    assert chosen_task(LISTED, {"identifier": "A", "version": "v2.0"}, "r").version == "v2.0"


@pytest.mark.parametrize(
    ("identifier", "version", "words"),
    [
        ("A", "v1.4", "needs v1.4 or a later v1.x, and of A it has v1.0, v1.3, v2.0"),
        ("B", "v1.0", "of B it has none"),
    ],
)
def test_what_is_not_listed_is_refused(identifier: str, version: str, words: str) -> None:
    with pytest.raises(ProgramError, match=words):
        chosen_task(LISTED, {"identifier": identifier, "version": version}, "r")
