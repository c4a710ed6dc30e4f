"""Tasks of a session that depend on what never comes."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs import actions as orders

from .world import World, world

OPTIONAL = {"failurePolicy": "Ignore"}


def _again(seen: World, afresh: bool) -> World:
    """Have another operator go on, if ``afresh``."""
    if afresh:
        seen.model = None
    return seen.operate()


def _reason(seen: World, key: str) -> str:
    return str(seen.status(key).get("reason", ""))


def _condition(seen: World, key: str) -> dict[str, Any]:
    (one,) = seen.status(key)["conditions"]
    return dict(one)


@pytest.mark.parametrize("afresh", [False, True], ids=["same-operator", "next-operator"])
def test_they_fail_when_the_session_closes(afresh: bool) -> None:
    seen = world().add("1", dependsOn=["0"], **OPTIONAL).add("2", **OPTIONAL)
    seen.finish("2")
    assert seen.state("1") == "Queued"
    assert _condition(seen, "1")["reason"] == "MissingDependency"
    _again(seen, afresh).change_job(closed={"tasks": 2})
    assert (seen.state("1"), seen.job_state) == ("FailedOptional", "Completed")
    assert "depends on task '0', which never came" in _reason(seen, "1")
    assert "podName" not in seen.status("1")
    assert seen.job["status"]["progress"] == "2/2"


def test_one_that_is_not_optional_fails_the_job_as_a_failed_task_does() -> None:
    seen = world().add("1", dependsOn=["0"]).change_job(closed={"tasks": 1})
    assert (seen.state("1"), seen.job_state) == ("Failed", "Failed")
    failure = seen.job["status"]["failure"]
    assert failure["kind"] == "MissingDependency"
    assert "'0', which never came" in failure["message"]


@pytest.mark.parametrize("options", [{}, OPTIONAL], ids=["needed", "optional"])
def test_an_operator_that_comes_after_the_close_sees_it_alike(options: dict[str, Any]) -> None:
    seen = world().add("1", dependsOn=["0"], **options)
    seen.model = None
    seen.change_job(closed={"tasks": 1})
    assert seen.job_state == ("Completed" if options else "Failed")
    states = [one.status["state"] for one in seen.ordered(orders.PatchJob) if "state" in one.status]
    assert states[-1] == seen.job_state
    assert seen.job["status"]["completionTime"]
    assert seen.condition("Finished")["status"] == "True"


def test_they_are_waited_for_while_more_may_come() -> None:
    seen = world().add("1", dependsOn=["0"]).change_job(closed={"tasks": 2})
    assert (seen.state("1"), seen.job_state) == ("Queued", "Queued")
    seen.add("0").finish("0").finish("1")
    assert seen.job_state == "Completed"


@pytest.mark.parametrize("afresh", [False, True], ids=["same-operator", "next-operator"])
def test_what_depends_on_them_goes_on_where_they_are_optional(afresh: bool) -> None:
    seen = world().add("1", dependsOn=["0"], **OPTIONAL).add("2", dependsOn=["1"], **OPTIONAL)
    # Both wait, the second through the first; a new operator sees it alike.
    _again(seen, afresh)
    assert {seen.state("1"), seen.state("2")} == {"Queued"}
    _again(seen.change_job(closed={"tasks": 2}), afresh)
    assert seen.state("1") == "FailedOptional"
    seen.finish("2")
    assert (seen.state("2"), seen.job_state) == ("Completed", "Completed")


@pytest.mark.parametrize("afresh", [False, True], ids=["same-operator", "next-operator"])
def test_a_circle_never_comes_to_run(afresh: bool) -> None:
    seen = world().add("0", dependsOn=["1"], **OPTIONAL).add("1", dependsOn=["0"], **OPTIONAL)
    _again(seen, afresh)
    seen.change_job(closed={"tasks": 2})
    assert {seen.state("0"), seen.state("1")} == {"FailedOptional"}
    assert "depend on it in turn" in _reason(seen, "0")
    assert seen.job_state == "Completed"


def test_a_second_task_of_one_key_holds_up_nothing() -> None:
    seen = world().add("0", **OPTIONAL).finish("0")
    double = {**seen.raw("0"), "status": {}}
    double["metadata"] = {**double["metadata"], "name": "by-hand"}
    seen.now += 1
    seen.create(double)
    seen.operate()
    assert seen.tasks["by-hand"]["status"]["conditions"][0]["reason"] == "DuplicateKey"
    seen.model = None
    seen.operate().change_job(closed={"tasks": 2})
    status = seen.tasks["by-hand"]["status"]
    assert (status["state"], seen.job_state) == ("FailedOptional", "Completed")
    assert status["reason"].startswith("DuplicateKey: ")


def test_they_are_cancelled_with_their_job() -> None:
    seen = world().add("1", dependsOn=["0"]).add("2").begin("2")
    seen.change_job(desired="Cancelled")
    assert (seen.state("1"), _reason(seen, "1")) == ("Cancelled", "JobCancelled")
    seen.finish("2", OutcomeKind.ERROR)
    assert seen.job_state == "Cancelled"


@pytest.mark.parametrize("afresh", [False, True], ids=["same-operator", "next-operator"])
def test_they_are_cancelled_when_their_job_fails(afresh: bool) -> None:
    seen = world().add("1", dependsOn=["0"]).add("2").add("3").begin("3")
    seen.finish("2", OutcomeKind.ERROR)
    assert (seen.state("1"), _reason(seen, "1")) == ("Cancelled", "JobFailed")
    _again(seen, afresh).add("4", dependsOn=["9"])
    assert seen.state("4") == "Cancelled"
    seen.finish("3", OutcomeKind.ERROR).change_job(closed={"tasks": 4})
    assert seen.job_state == "Failed"


def test_one_of_them_is_cancelled_alone() -> None:
    seen = world().add("1", dependsOn=["0"], **OPTIONAL).annotate("1", "Cancelled")
    assert (seen.state("1"), _reason(seen, "1")) == ("Cancelled", "TaskCancelled")
    seen.add("2", **OPTIONAL).finish("2").change_job(closed={"tasks": 2})
    assert seen.job_state == "Completed"


def test_a_later_run_does_not_hold_them_for_deleted() -> None:
    seen = world().add("1", dependsOn=["0"]).change_job(closed={"tasks": 1})
    assert seen.job_state == "Failed"
    seen.change_job(run=2)
    assert seen.job["status"]["run"] == 2
    assert seen.job_state == "Failed"
    assert "podName" not in seen.status("1")


def test_an_operator_that_dies_after_any_write_leaves_the_same_end() -> None:
    def run(die_after: int | None) -> World:
        seen = world().add("1", dependsOn=["0"], **OPTIONAL).add("2", dependsOn=["1"], **OPTIONAL)
        seen.add("3", dependsOn=["7"], **OPTIONAL)
        seen.die_after = die_after
        seen.change_job(closed={"tasks": 3})
        seen.die_after = None
        return seen.finish("2")

    usual = run(None)
    assert usual.job_state == "Completed"
    for number in range(len(usual.ordered(orders.PatchTask))):
        assert run(number).states() == usual.states()
