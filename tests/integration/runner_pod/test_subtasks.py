"""Tasks that make others: what is written before the outcome commits it."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

from tests.integration.runner_pod.stand import Stand, released

from fairlead.api import labels
from fairlead.api.names import task_name

FLOW = released("flow", "Square", "Sum", "SumOfSquares")
LARGE = released("large", "Fan", "Length", "Total", "LargeChild")


def test_subtasks_are_there_when_their_parent_has_ended(stand: Stand) -> None:
    parent, pod = stand.make("SumOfSquares", {"numbers": [12, 345]}), stand.pod()
    stand.assign(parent, pod)
    agent = stand.start(pod, FLOW, parent)
    status = stand.wait_outcome(parent)
    assert (status["state"], status["children"]) == ("Running", 3)
    assert status["resultFrom"] == [
        {"path": "", "task": "2", "word": "sum", "kind": "Value", "count": 1}
    ] or status["resultFrom"] == [{"path": "", "task": "2", "word": "sum", "kind": "Value"}]
    assert "result" not in status
    uid = stand.task(parent)["metadata"]["uid"]
    first, second, last = stand.children(parent)
    assert [json.loads(one["spec"]["input"]) for one in (first, second)] == [
        {"number": 12},
        {"number": 345},
    ]
    spec = last["spec"]
    assert spec["parent"] == {"name": parent, "uid": uid, "attempt": 1}
    assert spec["creator"] == {"podUID": pod.uid, "podName": pod.name}
    assert (spec["key"], spec["run"], spec["depth"]) == ("2", 1, 1)
    assert spec["dependsOn"] == ["0:2"]
    (reference,) = spec["inputFrom"]
    assert (reference["path"], reference["task"], reference["count"]) == ("/parts/0", "0", 2)
    assert reference["word"] == "square"
    assert spec["release"] == "dev-program"
    assert first["spec"]["retry"]["limit"] == 2
    assert last["metadata"]["name"] == task_name(
        stand.job, "sum", parent_uid=uid, run=1, attempt=1, key="2"
    )
    assert last["metadata"]["labels"][labels.KEY] == "2"
    assert last["metadata"]["labels"][labels.ID] == spec["id"]
    assert last["metadata"]["ownerReferences"][0]["uid"] == stand.job_uid
    assert agent.wait() == 0


def test_a_thousand_subtasks_and_one_after_them(stand: Stand) -> None:
    parent, pod = stand.make("Fan", {"count": 1000}), stand.pod()
    stand.assign(parent, pod)
    stand.start(pod, LARGE, parent)
    assert stand.wait_outcome(parent, seconds=180)["children"] == 1001
    made = stand.children(parent)
    assert [one["spec"]["key"] for one in made] == [str(n) for n in range(1001)]
    last = made[-1]["spec"]
    assert last["dependsOn"] == ["0:1000"]
    assert [one["count"] for one in last["inputFrom"]] == [1000]
    assert (last["failurePolicy"], last["timeoutSeconds"]) == ("Ignore", 1)


def test_ten_thousand_and_one_are_too_many(stand: Stand) -> None:
    outcome = stand.run(LARGE, "Fan", {"count": 10_000})["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("NonRetryable", "LimitExceededError")
    assert "10001 subtasks are more than the 10000" in outcome["message"]


def test_a_large_input_of_a_subtask_lies_in_the_store(stand: Stand) -> None:
    parent, pod = stand.make("LargeChild", {"size": 50_000}), stand.pod()
    stand.assign(parent, pod)
    stand.start(pod, LARGE, parent)
    assert stand.wait_outcome(parent)["outcome"]["kind"] == "Succeeded"
    (child,) = stand.children(parent)
    assert "input" not in child["spec"]
    stored = child["spec"]["inputRef"]
    assert stored["size"] == len('{"text":""}') + 50_000
    assert stored["key"] == f"jobs/{stand.job_uid}/values/{stored['sha256']}"
    data = (stand.store / stored["key"]).read_bytes()[: stored["size"]]
    assert sha256(data).hexdigest() == stored["sha256"]
    other = stand.pod()
    stand.assign(child["metadata"]["name"], other)
    stand.start(other, LARGE, child["metadata"]["name"])
    assert stand.wait_outcome(child["metadata"]["name"])["result"] == "50000"


def test_subtasks_that_are_there_already_are_found_again(stand: Stand) -> None:
    """As after a lost reply, or a second life of the same pod's agent."""
    parent, pod = stand.make("SumOfSquares", {"numbers": [1, 2]}), stand.pod()
    stand.assign(parent, pod)
    agent = stand.start(pod, FLOW, parent)
    stand.wait_outcome(parent)
    agent.wait()
    before = [one["metadata"]["uid"] for one in stand.children(parent)]
    stand.patch(parent, outcome=None, children=None, resultFrom=None, report=None)
    again = stand.folder / "again"
    again.mkdir()
    other = replace(stand, folder=again)
    other.start(pod, FLOW, parent)
    assert stand.wait_outcome(parent)["children"] == 3
    assert [one["metadata"]["uid"] for one in stand.children(parent)] == before


def test_a_name_that_is_taken_voids_the_attempt(stand: Stand) -> None:
    parent, pod, stranger = stand.make("SumOfSquares", {"numbers": [1]}), stand.pod(), stand.pod()
    uid = stand.task(parent)["metadata"]["uid"]
    name = task_name(stand.job, "sum", parent_uid=uid, run=1, attempt=1, key="1")
    body = stand.task(stand.make("Sum", {"parts": []}))
    body["spec"]["jobName"] = stand.job
    body["metadata"] = {"name": name, "labels": {labels.JOB: stand.job}}
    body["spec"]["parent"] = {"name": parent, "uid": uid, "attempt": 1}
    body["spec"]["creator"] = {"podUID": stranger.uid, "podName": stranger.name}
    stranger.api.create(stand.site.tasks, body)
    stand.assign(parent, pod)
    stand.start(pod, FLOW, parent)
    outcome = stand.wait_outcome(parent)["outcome"]
    assert outcome["kind"] == "Lost"
    assert name in outcome["message"]
