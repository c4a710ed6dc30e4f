"""Whole runs of jobs: what starts when, and what the job says of itself."""

from __future__ import annotations

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs import actions as orders
from fairlead_operator.jobs.asking import Refused

from .world import World, children, job, task, world


def test_a_graph_runs_in_the_order_of_its_dependencies() -> None:
    seen = world(task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c"))
    assert seen.states() == {"a": "Queued", "b": "Queued", "c": "Queued", "d": "Queued"}
    assert seen.status("a")["reason"] == "Starting"
    assert "podName" not in seen.status("b")
    seen.begin("a")
    assert seen.state("a") == "Running"
    seen.finish("a")
    # The runner that is there goes on at once; the other task gets a new one.
    assert (seen.state("b"), seen.state("c")) == ("Running", "Queued")
    seen.finish("b")
    assert seen.status("d").get("podName") is None
    seen.finish("c").finish("d")
    assert set(seen.states().values()) == {"Completed"}
    assert seen.job_state == "Completed"


def test_a_leaf_on_a_warm_runner_costs_one_write_of_the_operator() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a").finish("b")
    assert sorted(seen.writes.values()) == [1, 1]


def test_the_job_tells_of_its_run() -> None:
    seen = world(task("a"), task("b", "a"))
    status = seen.job["status"]
    assert (status["state"], status["run"], status["observedGeneration"]) == ("Running", 1, 1)
    assert status["startTime"].startswith("2027-01-15")
    seen.finish("a").wait(2)
    status = seen.job["status"]
    assert status["progress"] == "1/2"
    assert (status["tasks"]["completed"], status["tasks"]["running"]) == (1, 1)
    seen.finish("b")
    status = seen.job["status"]
    assert (status["progress"], status["tasks"]["completed"]) == ("2/2", 2)
    assert "completionTime" in status
    words = {one["type"]: one["status"] for one in status["conditions"]}
    assert words == {
        "Succeeded": "True",
        "Complete": "True",
        "Failed": "False",
        "Suspended": "False",
        "Finished": "True",
    }


def test_numbers_are_written_seldom() -> None:
    seen = world(*(task(f"t{number}") for number in range(40)))
    before = len(seen.ordered(orders.PatchJob))
    for number in range(30):
        seen.finish(f"t{number}").wait(0.01)
    assert len(seen.ordered(orders.PatchJob)) <= before + 1
    seen.wait(2)
    assert seen.job["status"]["progress"] == "30/40"
    before = len(seen.ordered(orders.PatchJob))
    seen.wait(1000)
    for number in range(30, 39):
        seen.finish(f"t{number}").wait(1)
    assert len(seen.ordered(orders.PatchJob)) == before + 1


def test_a_parent_waits_for_its_subtasks() -> None:
    seen = world(task("top"), task("after", "top"))
    seen.finish("top", OutcomeKind.SUCCEEDED, *children((), ("0",)))
    assert (seen.state("top"), seen.state("after")) == ("Computed", "Queued")
    seen.finish("top/0")
    assert seen.state("top/1") == "Running"
    assert seen.status("after").get("podName") is None
    seen.finish("top/1")
    assert seen.state("top") == "Completed"
    seen.finish("after")
    assert seen.job_state == "Completed"


def test_subtasks_do_nothing_before_their_attempt_is_committed() -> None:
    seen = world(task("top"))
    seen.begin("top")
    seen.submit("top", "0")
    seen.operate().wait(100)
    assert "podName" not in seen.status("top/0")


def test_many_dependencies_are_one_range() -> None:
    seen = world(task("top"))
    many: list[dict[str, object]] = [{} for _ in range(30)]
    seen.finish("top", OutcomeKind.SUCCEEDED, *many, {"dependsOn": ["0:30"]})
    for number in range(29):
        seen.finish(f"top/{number}")
    assert "podName" not in seen.status("top/30")
    seen.finish("top/29")
    seen.finish("top/30")
    assert seen.job_state == "Completed"


def test_max_parallel_of_the_job_bounds_an_identifier() -> None:
    seen = world(task("a"), task("b"), task("c"), maxParallel={"acme/Do": 2})
    assert [bool(seen.status(key).get("podName")) for key in "abc"] == [True, True, False]
    seen.finish("a")
    assert seen.state("c") == "Running"


def test_without_room_tasks_wait_and_say_nothing() -> None:
    seen = World(job(task("a"), task("b")))
    seen.runners.room = 1
    seen.runners.reuse = False
    seen.operate()
    assert "podName" not in seen.status("b")
    assert "conditions" not in seen.status("b")
    seen.finish("a")
    assert "podName" not in seen.status("b")
    seen.end_pod(seen.status("a")["podName"], phase="Succeeded")
    assert seen.status("b")["podName"]


def test_what_keeps_a_task_from_starting_is_said_once_and_taken_back() -> None:
    seen = World(job(task("a"), task("b", identifier="acme/Other")))
    refused = Refused("NoCompatibleRelease", "publish it")
    fits = seen.runners.refusals
    fits[lambda wanted: wanted.identifier == "acme/Do"] = refused
    seen.operate()
    assert seen.status("b")["podName"]
    (condition,) = seen.status("a")["conditions"]
    assert condition["type"] == "Runnable"
    assert (condition["status"], condition["reason"]) == ("False", "NoCompatibleRelease")
    assert condition["message"] == "publish it"
    seen.finish("b").wait(100)
    assert seen.writes[seen.raw("a")["metadata"]["name"]] == 1
    fits.clear()
    seen.model.runners_came(seen.now)
    seen.operate()
    assert seen.status("a")["conditions"][0]["status"] == "True"
    assert seen.status("a")["podName"]


def terminated(*tasks: dict[str, object]) -> World:
    seen = World(job(*tasks))
    refused = Refused("GroupTerminated", "it was terminated", final=True)
    seen.runners.refusals[lambda wanted: wanted.identifier == "acme/Do"] = refused
    return seen.operate()


def test_a_task_that_will_never_find_a_runner_fails_its_job() -> None:
    seen = terminated(task("a"), task("b", "a"))
    assert (seen.state("a"), seen.state("b")) == ("Cancelled", "Cancelled")
    assert seen.job_state == "Failed"
    assert seen.job["status"]["reason"] == "GroupTerminated"
    failure = seen.job["status"]["failure"]
    assert (failure["type"], failure["message"]) == ("TaskError", "it was terminated")
    assert not seen.status("a").get("attempt")


def test_an_optional_task_that_will_never_find_a_runner_fails_alone() -> None:
    seen = terminated(task("a", failurePolicy="Ignore"), task("b", "a", identifier="acme/Other"))
    assert seen.state("a") == "FailedOptional"
    assert seen.status("a")["reason"] == "GroupTerminated: it was terminated"
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_a_pod_that_the_quota_refuses_is_asked_for_again() -> None:
    seen = World(job(task("a")), refuse_pods="QuotaExceeded")
    seen.operate().wait(30)
    assert seen.pods == {}
    assert seen.status("a")["conditions"][0]["reason"] == "QuotaExceeded"
    assert seen.status("a")["attempt"] == 1
    seen.refuse_pods = ""
    seen.wait(2)
    seen.finish("a")
    assert seen.job_state == "Completed"
    assert seen.status("a")["conditions"][0]["status"] == "True"


def test_a_job_of_the_largest_size_runs() -> None:
    seen = world(*(task(f"t{number}") for number in range(500)))
    for number in range(500):
        seen.finish(f"t{number}")
    assert seen.job["status"]["progress"] == "500/500"


def test_a_dependency_that_failed_optionally_releases_its_dependents() -> None:
    seen = world(task("a", failurePolicy="Ignore"), task("b", "a"))
    seen.finish("a", OutcomeKind.ERROR, type="ValueError", message="no tiles")
    assert seen.state("a") == "FailedOptional"
    seen.finish("b")
    assert seen.job_state == "Completed"


@pytest.mark.parametrize("optional", [True, False])
def test_what_is_queued_under_a_failed_optional_root_is_skipped(optional: bool) -> None:
    seen = world(task("top", failurePolicy="Ignore"), task("always", "top"))
    inner = {"failurePolicy": "Ignore"} if optional else {}
    seen.finish("top", OutcomeKind.SUCCEEDED, inner, {"dependsOn": ["0"]})
    seen.finish("top/0", OutcomeKind.ERROR)
    assert seen.state("top/0") == "FailedOptional"
    if optional:
        seen.finish("top/1")
    assert seen.state("top/1") == ("Completed" if optional else "Skipped")
    assert seen.state("top") == "Completed"
    seen.finish("always")
    assert seen.job_state == "Completed"
