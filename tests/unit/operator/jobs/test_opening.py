"""What a run begins with, and jobs that cannot begin."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead_operator.jobs import jobstatus
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.opening import InvalidJobError, plan

from .world import START, World, job, task, world


def opened(raw: dict[str, Any], **defaults: Any) -> list[dict[str, Any]]:
    raw["metadata"]["resourceVersion"] = "1"
    return plan(JobRecord.parse(raw), raw, (), lambda *_: defaults).create


def deep(levels: int) -> dict[str, Any]:
    return {"x": deep(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(
    ("tasks", "reason", "message"),
    [
        ([task("a", "b"), task("b", "a")], "InvalidGraph", "in a circle: 'a' -> 'b' -> 'a'"),
        ([task("a", "nothing")], "InvalidGraph", "'a' depends on 'nothing', which is no task"),
        (
            [task("a", inputFrom=[{"path": "/x", "task": "nothing"}])],
            "InvalidGraph",
            "depends on 'nothing'",
        ),
        (
            [task("a", inputFrom=[{"path": "/x/0", "task": "0", "count": 50_000}])],
            "InvalidGraph",
            "refers to 50000 tasks",
        ),
        ([task("a", input={"x": "y" * 33_000})], "InputTooLarge", "input of task 'a' has 33008"),
        ([task("a", input=deep(101))], "InputTooDeep", "'a' has more than 100 levels"),
    ],
)
def test_tasks_that_cannot_run_are_refused_in_words(
    tasks: list[dict[str, Any]], reason: str, message: str
) -> None:
    with pytest.raises(InvalidJobError, match=message) as caught:
        opened(job(*tasks))
    assert caught.value.reason == reason


def test_an_input_may_be_rather_deep() -> None:
    (body,) = opened(job(task("a", input=deep(100))))
    assert body["spec"]["input"].count("{") == 100


def test_a_refused_job_has_failed_and_says_why() -> None:
    raw = job(task("a", "b"))
    raw["metadata"]["resourceVersion"] = "1"
    status = jobstatus.refused(JobRecord.parse(raw), "InvalidGraph", "why", START)
    assert (status["state"], status["reason"], status["run"]) == ("Failed", "InvalidGraph", 1)
    words = {one["type"]: (one["status"], one["message"]) for one in status["conditions"]}
    assert words["Failed"] == ("True", "why")
    assert words["Finished"] == ("True", "why")
    assert status["completionTime"] == "2027-01-15T08:00:00.000000Z"


def test_definitions_say_what_tasks_do_not() -> None:
    given = {"retry": {"limit": 3}, "timeoutSeconds": 9, "maxParallel": 2}
    first, second = opened(
        job(task("a"), task("b", retry={"limit": 1}, timeoutSeconds=5)),
        **given,
    )
    assert {name: first["spec"][name] for name in given} == given
    assert (second["spec"]["retry"], second["spec"]["timeoutSeconds"]) == ({"limit": 1}, 5)


@pytest.mark.parametrize(("of_the_job", "holds"), [(4, 2), (1, 1)])
def test_of_two_bounds_the_narrower_holds(of_the_job: int, holds: int) -> None:
    bounds = {"acme/Do": of_the_job, "acme/Other": 1}
    (body,) = opened(job(task("a"), maxParallel=bounds), maxParallel=2)
    assert body["spec"]["maxParallel"] == holds


def test_the_same_tasks_are_made_whoever_makes_them() -> None:
    raw = job(task("a"), task("b", "a"))
    assert opened(raw) == opened(raw)


def test_what_is_there_is_not_made_again() -> None:
    seen = world(task("a"), task("b", "a"))
    raw = seen.job | {"status": {"state": "Queued"}}
    record = JobRecord.parse(raw)
    there = [one for one in seen.records() if one.facts.key == "a"]
    found = plan(record, raw, there, lambda *_: {})
    assert [body["spec"]["key"] for body in found.create] == ["b"]
    assert found.total == 2


def test_a_session_begins_with_nothing() -> None:
    assert opened(job()) == []


def test_results_that_are_taken_are_waited_for() -> None:
    reference = {"path": "/parts/0", "task": "0", "count": 3}
    last = task("sum", "x", inputFrom=[reference])
    seen = World(job(*(task(key) for key in ("0", "1", "2", "x")), last)).operate()
    assert seen.raw("sum")["spec"]["dependsOn"] == ["x", "0:3"]
    for key in ("0", "1", "2"):
        seen.finish(key)
    assert "podName" not in seen.status("sum")
    seen.finish("x").finish("sum")
    assert seen.job_state == "Completed"
