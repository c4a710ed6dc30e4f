"""What people ask of jobs and tasks while they run, and after."""

from __future__ import annotations

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs import actions as orders

from .world import World, job, task, world

OPTIONAL = {"failurePolicy": "Ignore"}


def test_a_cancelled_job_stops_what_runs() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.begin("a").change_job(desired="Cancelled")
    assert (seen.job["status"]["state"], seen.job["status"]["reason"]) == ("Running", "Cancelling")
    assert seen.job["status"]["observedGeneration"] == 2
    assert (seen.state("b"), seen.status("a")["stop"]) == ("Cancelled", "Cancel")
    seen.finish("a", OutcomeKind.ERROR)
    assert (seen.state("a"), seen.job_state) == ("Cancelled", "Cancelled")
    assert seen.condition("Failed")["status"] == "True"
    assert seen.condition("Failed")["reason"] == "JobCancelled"


def test_what_returns_from_a_cancelled_job_keeps_its_success() -> None:
    seen = world(task("a"))
    seen.begin("a").change_job(desired="Cancelled")
    seen.finish("a", OutcomeKind.SUCCEEDED, {})
    assert (seen.state("a"), seen.state("a/0")) == ("Computed", "Cancelled")
    assert seen.job_state == "Cancelled"


def test_a_job_that_was_cancelled_before_it_was_seen_makes_nothing_run() -> None:
    seen = world(task("a"), task("b", "a"), desired="Cancelled")
    assert seen.job_state == "Cancelled"
    assert set(seen.states().values()) == {"Cancelled"}
    assert seen.pods == {}


def test_a_suspended_job_starts_nothing_until_it_is_resumed() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.begin("a").change_job(desired="Suspended")
    assert seen.job_state == "Suspended"
    assert seen.condition("Suspended")["status"] == "True"
    seen.finish("a")
    assert "podName" not in seen.status("b")
    seen.change_job(desired="Running")
    assert seen.job_state == "Running"
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_a_suspension_outlives_the_operator() -> None:
    seen = world(task("a"), desired="Suspended")
    assert seen.pods == {}
    seen.model = None
    seen.operate()
    assert (seen.job_state, seen.pods) == ("Suspended", {})
    seen.change_job(desired="Running").finish("a")
    assert seen.job_state == "Completed"


def test_a_change_of_the_spec_that_asks_for_nothing_is_noted() -> None:
    seen = world(task("a"))
    seen.change_job(desired="Running")
    assert seen.job["status"]["observedGeneration"] == 2


# --- one task --------------------------------------------------------------------------------


def test_a_cancelled_task_is_discarded_and_fails_its_job() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.begin("a").annotate("a", "Cancelled")
    status = seen.status("a")
    assert (status["state"], status["reason"]) == ("Cancelled", "TaskCancelled")
    assert status["stop"] == "Cancel"
    assert seen.writes[seen.raw("a")["metadata"]["name"]] == 2
    assert seen.job_state == "Failed"
    assert seen.job["status"]["failure"]["kind"] == "TaskCancelled"


def test_a_cancelled_optional_task_lets_its_dependents_run() -> None:
    seen = world(task("a", **OPTIONAL), task("b", "a"))
    seen.begin("a").annotate("a", "Cancelled")
    assert seen.state("a") == "Cancelled"
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_the_runner_of_a_cancelled_task_is_ended_if_it_goes_on() -> None:
    seen = world(task("a", **OPTIONAL), task("b", "a"))
    seen.runners.reuse = False
    seen.begin("a").annotate("a", "Cancelled")
    pod = seen.status("a")["podName"]
    seen.wait(44)
    assert not seen.pods[pod].gone
    seen.wait(2)
    assert seen.pods[pod].gone


def test_the_runner_of_a_cancelled_task_goes_on_to_the_next_one() -> None:
    seen = world(task("a", **OPTIONAL), task("b", "a"))
    seen.runners.room = 1
    seen.begin("a").annotate("a", "Cancelled")
    pod = seen.status("a")["podName"]
    assert (seen.status("b")["podName"], seen.state("b")) == (pod, "Running")
    # It is not ended for the attempt that it has thrown away.
    seen.wait(120)
    assert not seen.pods[pod].gone
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_the_runner_of_a_cancelled_task_waits_for_others_while_its_session_goes_on() -> None:
    seen = world().add("0", **OPTIONAL).begin("0").annotate("0", "Cancelled")
    assert seen.runners.waiting == {seen.status("0")["podName"]}
    assert seen.job_state == "Running"


def test_the_runners_of_subtasks_are_free_when_their_parent_is_cancelled() -> None:
    seen = world(task("top", **OPTIONAL), task("other"))
    seen.finish("top", OutcomeKind.SUCCEEDED, {}).begin("top/0").annotate("top", "Cancelled")
    status = seen.status("top/0")
    assert (status["state"], status["reason"]) == ("Cancelled", "ParentCancelled")
    assert status["podName"] in seen.runners.waiting


def test_a_cancelled_job_keeps_its_runners_until_its_attempts_end() -> None:
    seen = world(task("a"))
    seen.begin("a").change_job(desired="Cancelled")
    assert seen.runners.waiting == set()


def test_a_task_that_is_cancelled_before_its_runner_is_up() -> None:
    seen = world(task("a", **OPTIONAL), task("b", "a"))
    pod = seen.status("a")["podName"]
    seen.annotate("a", "Cancelled")
    assert seen.state("a") == "Cancelled"
    assert seen.pods[pod].gone
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_a_stopped_task_keeps_what_it_returns() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.begin("a").annotate("a", "Stopped")
    assert (seen.state("a"), seen.status("a")["stop"]) == ("Running", "Stop")
    seen.finish("a").finish("b")
    assert seen.job_state == "Completed"


def test_a_stopped_task_is_not_tried_again() -> None:
    seen = world(task("a", retry={"limit": 5}))
    seen.begin("a").annotate("a", "Stopped")
    seen.finish("a", OutcomeKind.ERROR)
    assert seen.state("a") == "Failed"


def test_a_wish_for_a_task_that_has_ended_changes_nothing() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a").annotate("a", "Cancelled")
    assert seen.state("a") == "Completed"
    seen.finish("b")
    assert seen.job_state == "Completed"


@pytest.mark.parametrize("running", [True, False])
def test_a_deleted_task_fails_its_job(running: bool) -> None:
    seen = world(task("a"), task("b", "a"))
    if running:
        seen.begin("a")
    seen.delete_task(seen.raw("a" if running else "b")["metadata"]["name"])
    seen.operate()
    assert seen.job_state == "Failed"
    assert seen.job["status"]["reason"] == "TaskDeleted"
    assert "not made again" in seen.condition("Failed")["message"]


def test_a_deletion_that_nobody_saw_is_noticed_later() -> None:
    seen = world(task("a"), task("b", "a"))
    name = seen.raw("b")["metadata"]["name"]
    seen.begin("a")
    seen.model = None
    seen.delete_task(name)
    seen.operate().finish("a")
    assert seen.job["status"]["reason"] == "TaskDeleted"


def test_tasks_that_have_ended_may_be_deleted() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a")
    seen.delete_task(seen.raw("a")["metadata"]["name"])
    seen.operate().finish("b")
    assert seen.job_state == "Completed"


# --- sessions ----------------------------------------------------------------------------------


def test_a_session_runs_what_is_added_until_it_is_closed() -> None:
    seen = world()
    assert seen.job_state == "Queued"
    seen.add("0").add("1", dependsOn=["0"])
    seen.finish("0")
    assert seen.job_state == "Running"
    seen.finish("1")
    assert seen.job_state == "Running"
    seen.change_job(closed={"tasks": 2})
    assert seen.job_state == "Completed"


def test_a_session_waits_for_all_that_was_added() -> None:
    seen = world().add("0").finish("0").change_job(closed={"tasks": 2})
    assert seen.job_state == "Running"
    seen.add("1").finish("1")
    assert seen.job_state == "Completed"


def test_tasks_of_a_session_may_come_in_another_order() -> None:
    seen = world().add("1", dependsOn=["0"])
    assert "podName" not in seen.status("1")
    assert seen.status("1")["conditions"][0]["reason"] == "MissingDependency"
    seen.add("0").finish("0").finish("1").change_job(closed={"tasks": 2})
    assert seen.job_state == "Completed"


def test_an_empty_session_that_is_closed_is_completed() -> None:
    seen = world().change_job(closed={"tasks": 0})
    assert seen.job_state == "Completed"


def test_an_instance_of_a_session_that_fails_harms_nothing_else() -> None:
    seen = world().add("0", failurePolicy="Ignore").add("1", failurePolicy="Ignore")
    seen.finish("0", OutcomeKind.ERROR).finish("1").change_job(closed={"tasks": 2})
    assert (seen.state("0"), seen.job_state) == ("FailedOptional", "Completed")


def test_a_cancelled_session_takes_nothing_more() -> None:
    seen = world().add("0").begin("0").change_job(desired="Cancelled")
    seen.finish("0", OutcomeKind.ERROR)
    assert seen.job_state == "Cancelled"


def test_a_session_is_found_again_by_a_new_operator() -> None:
    seen = world().add("0").add("1", dependsOn=["0"])
    seen.model = None
    seen.operate().finish("0")
    seen.model = None
    seen.add("2").finish("1").finish("2").change_job(closed={"tasks": 3})
    assert seen.job_state == "Completed"


# --- later runs --------------------------------------------------------------------------


def test_a_later_run_makes_anew_what_did_not_succeed() -> None:
    seen = world(task("a"), task("b", "a"), task("c", "b"))
    seen.finish("a").finish("b", OutcomeKind.ERROR)
    assert seen.job_state == "Failed"
    seen.change_job(run=2)
    status = seen.job["status"]
    assert (status["state"], status["run"]) == ("Running", 2)
    assert "failure" not in status
    assert "completionTime" not in status
    runs = sorted((raw["spec"]["key"], raw["spec"]["run"]) for raw in seen.tasks.values())
    assert runs == [("a", 1), ("b", 1), ("b", 2), ("c", 1), ("c", 2)]
    assert seen.status("b")["attempt"] == 1
    seen.finish("b").finish("c")
    assert seen.job_state == "Completed"
    assert seen.job["status"]["progress"] == "3/3"


def test_a_later_run_keeps_a_computed_parent_and_renews_its_subtasks() -> None:
    seen = world(task("top"))
    seen.finish("top", OutcomeKind.SUCCEEDED, {}, {"dependsOn": ["0"]})
    seen.finish("top/0", OutcomeKind.ERROR)
    assert (seen.state("top"), seen.job_state) == ("Computed", "Failed")
    seen.change_job(run=2)
    assert seen.raw("top")["spec"]["run"] == 1
    renewed = seen.raw("top/0")
    assert (renewed["spec"]["run"], "creator" in renewed["spec"]) == (2, False)
    seen.finish("top/0").finish("top/1")
    assert (seen.state("top"), seen.job_state) == ("Completed", "Completed")
    # A third operator sees the same.
    seen.model = None
    assert seen.operate().job_state == "Completed"


def test_a_renewed_parent_submits_its_subtasks_anew() -> None:
    seen = world(task("top", **OPTIONAL), task("b", "top"))
    seen.begin("top").change_job(desired="Cancelled")
    seen.finish("top", OutcomeKind.ERROR)
    seen.change_job(run=2, desired="Running")
    seen.finish("top", OutcomeKind.SUCCEEDED, {}).finish("top/0").finish("b")
    assert seen.job_state == "Completed"


def test_a_deleted_subtask_is_made_by_its_parent_again() -> None:
    seen = world(task("top"))
    seen.finish("top", OutcomeKind.SUCCEEDED, {}, {})
    seen.finish("top/0")
    seen.delete_task(seen.raw("top/1")["metadata"]["name"])
    seen.operate()
    assert seen.job["status"]["reason"] == "TaskDeleted"
    seen.change_job(run=2)
    assert seen.raw("top")["spec"]["run"] == 2
    seen.finish("top", OutcomeKind.SUCCEEDED, {}, {}).finish("top/0").finish("top/1")
    assert seen.job_state == "Completed"


def test_a_deleted_task_is_made_again_by_a_later_run() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.begin("a").delete_task(seen.raw("b")["metadata"]["name"])
    seen.operate().finish("a")
    assert seen.job_state == "Failed"
    seen.change_job(run=2).finish("b")
    assert seen.job_state == "Completed"


def test_a_run_that_is_asked_for_too_early_waits_for_the_end_of_the_present_one() -> None:
    seen = world(task("a"))
    seen.begin("a").change_job(run=2)
    assert seen.job["status"]["run"] == 1
    seen.finish("a", OutcomeKind.ERROR)
    assert (seen.job["status"]["run"], seen.job_state) == (2, "Running")
    seen.finish("a")
    assert seen.job_state == "Completed"


def test_a_run_after_a_success_has_nothing_to_do() -> None:
    seen = world(task("a")).finish("a").change_job(run=2)
    assert (seen.job["status"]["run"], seen.job_state) == (2, "Completed")
    assert len(seen.tasks) == 1


def test_runs_that_fail_again_can_be_followed_by_more() -> None:
    seen = world(task("a"), task("b", "a"))
    for run in (2, 3, 4):
        seen.finish("a", OutcomeKind.ERROR).change_job(run=run)
    seen.finish("a").finish("b")
    assert seen.job_state == "Completed"
    assert len(seen.tasks) == 8


def test_events_are_about_jobs_and_failures_only() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a").finish("b")
    assert [event.reason for event in seen.ordered(orders.EmitEvent)] == ["Completed"]


def test_a_job_is_made_of_what_its_spec_says() -> None:
    seen = World(
        job(
            task("a", id="0123456789abcdefghijklmno", title="Ä", input={"x": [1, None]}),
            task("b", machineSize="large", inputFrom=[{"path": "/a", "task": "a"}]),
            task("c", inputJSON='{"y":1.0}', timeoutSeconds=5),
            machineSize="medium",
            release="dev",
            maxParallel={"acme/Do": 7},
        )
    ).operate()
    first, second, third = (seen.raw(key)["spec"] for key in "abc")
    assert (first["id"], first["title"]) == ("0123456789abcdefghijklmno", "Ä")
    assert (first["input"], first["machineSize"]) == ('{"x":[1,null]}', "medium")
    assert (second["machineSize"], second["dependsOn"]) == ("large", ["a"])
    assert len(second["id"]) == 25
    assert (third["input"], third["timeoutSeconds"]) == ('{"y":1.0}', 5)
    assert {spec["maxParallel"] for spec in (first, second, third)} == {7}
    assert {spec["release"] for spec in (first, second, third)} == {"dev"}
    metadata = seen.raw("a")["metadata"]
    assert metadata["labels"]["fairlead.dev/parent-attempt"] == "job-uid.0"
    assert metadata["ownerReferences"][0]["blockOwnerDeletion"] is False
