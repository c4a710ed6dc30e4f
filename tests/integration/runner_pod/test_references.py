"""Results of other tasks: in the places of an input, through futures, kept or absent."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from tests.cluster.kubeapi import Object
from tests.integration.runner_pod.stand import Stand, released

from fairlead.api.names import task_name

LARGE = released("large", "Total", "Length", "Look", "Large", "Fan")


def ended(stand: Stand, key: str, *, run: int = 1, well: bool = True, **status: Any) -> str:
    """Make a task of the job's top level that has ended like this; its name."""
    name = task_name(stand.job, key, parent_uid=stand.job_uid, run=run, attempt=0, key=key)
    stand.make("Length", {"text": ""}, key=key, name=name, run=run)
    return end(stand, name, **status)


def end(stand: Stand, name: str, **status: Any) -> str:
    """Let a task have run and ended like this."""
    state = status.pop("state", "Completed")
    outcome: Object = {"kind": "Succeeded", "attempt": 1, "podUID": "p", "time": NOW}
    outcome |= status.pop("outcome", {})
    stand.patch(name, state="Running", attempt=1, podName="past")
    stand.patch(name, state=state, outcome=outcome, **status)
    return name


NOW = "2026-01-01T00:00:00Z"


def at(path: str, task: str, **more: Any) -> Object:
    return {"path": path, "task": task, **more}


def test_results_take_the_places_of_references(stand: Stand) -> None:
    for key in ("a", "b"):
        ended(stand, key, result="3" if key == "a" else "4")
    status = stand.run(
        LARGE,
        "Total",
        {"parts": [1, None, None]},
        inputFrom=[at("/parts/1", "a"), at("/parts/2", "b")],
    )
    assert status["result"] == "8"


def test_many_results_are_listed_instead(stand: Stand) -> None:
    for number in range(20):
        ended(stand, str(number), result=str(number))
    status = stand.run(
        LARGE, "Total", {"parts": [None] * 20}, inputFrom=[at("/parts/0", "0", count=20)]
    )
    assert status["result"] == str(sum(range(20)))


def test_a_result_that_lies_in_the_store_is_read_and_checked(stand: Stand) -> None:
    text = json.dumps("z" * 100_000).encode()
    key = "jobs/x/values/y"
    kept = {"key": key, "sha256": sha256(text).hexdigest(), "size": len(text)}
    from fairlead.sdk.objectstore import open_store

    store = open_store(f"file://{stand.store}")
    store.put(key, text)
    ended(stand, "a", resultRef=kept)
    given = [at("/text", "a")]
    assert stand.run(LARGE, "Length", {"text": None}, inputFrom=given)["result"] == "100000"
    store.put(key, text + b" ")
    outcome = stand.run(LARGE, "Length", {"text": None}, inputFrom=given)["outcome"]
    assert outcome["kind"] == "Lost"
    assert "not what was put there" in outcome["message"]


def test_a_result_that_is_a_future_is_followed_to_its_end(stand: Stand) -> None:
    """a returned [its child 0's, 5]; that child returned the future of its own child 1."""
    outer = ended(stand, "a", result="[null, 5]", resultFrom=[at("/0", "0", word="length")])
    middle = child_of(stand, outer, "0", resultFrom=[at("", "1", word="length")])
    child_of(stand, middle, "1", result="7")
    status = stand.run(LARGE, "Total", {"parts": None}, inputFrom=[at("/parts", "a")])
    assert status["result"] == "12"


def child_of(stand: Stand, parent: str, key: str, run: int = 1, **status: Any) -> str:
    """Let a task have made another one, which has ended like this; its name."""
    whole = stand.task(parent)
    uid = whole["metadata"]["uid"]
    pod = stand.pod()
    name = task_name(stand.job, "length", parent_uid=uid, run=run, attempt=1, key=key)
    body = stand.body(name, "Length", {"text": ""}, key=key, run=run, group=f"{uid}.1")
    body["spec"]["parent"] = {"name": parent, "uid": uid, "attempt": 1}
    body["spec"]["creator"] = {"podUID": pod.uid, "podName": pod.name}
    pod.api.create(stand.site.tasks, body)
    return end(stand, name, **status)


def test_the_newest_run_of_a_renewed_task_counts(stand: Stand) -> None:
    ended(stand, "a", state="Failed", outcome={"kind": "Error"})
    ended(stand, "a", run=2, result="9")
    ended(stand, "b", result="1")
    given = [at("/parts/0", "a"), at("/parts/1", "b")]
    status = stand.run(LARGE, "Total", {"parts": [None, None]}, run=2, inputFrom=given)
    assert status["result"] == "10"


@pytest.mark.parametrize("state", ["FailedOptional", "Skipped", "Cancelled"])
def test_a_task_without_a_result_gives_none(stand: Stand, state: str) -> None:
    name = task_name(stand.job, "a", parent_uid=stand.job_uid, run=1, attempt=0, key="a")
    stand.make("Length", {"text": ""}, key="a", name=name)
    stand.patch(name, state=state)
    status = stand.run(LARGE, "Total", {"parts": [2, None]}, inputFrom=[at("/parts/1", "a")])
    assert status["result"] == "2"
    outcome = stand.run(LARGE, "Length", {"text": None}, inputFrom=[at("/text", "a")])["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "TaskInputError")
    assert "Length.text needs the result of task" in outcome["message"]


def test_a_future_that_is_kept_raises_what_its_task_failed_with(stand: Stand) -> None:
    failed = {"kind": "Error", "type": "KeyError", "module": "builtins", "arguments": '["k"]'}
    ended(stand, "a", state="FailedOptional", outcome={**failed, "message": "'k'"})
    given = [at("/behind", "a", kind="Future")]
    assert stand.run(LARGE, "Look", {"behind": None}, inputFrom=given)["result"] == (
        '''"KeyError: 'k'"'''
    )
    ended(stand, "b", result="6")
    given = [at("/behind", "b", kind="Future")]
    assert stand.run(LARGE, "Look", {"behind": None}, inputFrom=given)["result"] == '"result 6"'


def test_a_task_whose_upstream_was_deleted_fails_for_good(stand: Stand) -> None:
    outcome = stand.run(LARGE, "Total", {"parts": [None]}, inputFrom=[at("/parts/0", "a")])[
        "outcome"
    ]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "DependencyError")
    assert "deleted" in outcome["message"]
