"""How attempts end, with and without a report, and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.jobs import actions as orders
from fairlead_operator.runners.pod_record import Container

from .world import World, children, job, task, world

RETRY = {"retry": {"limit": 2, "backoffSeconds": 4, "maxBackoffSeconds": 60}}


def test_a_failure_is_tried_again_after_its_backoff_and_remembered() -> None:
    seen = world(task("a", **RETRY))
    seen.finish("a", OutcomeKind.ERROR, type="ValueError", message="no tiles", traceback="x" * 3000)
    status = seen.status("a")
    assert status["state"] == "Queued"
    assert status["reason"] == "Error: ValueError: no tiles"
    assert (status["attempt"], status["userFailures"]) == (1, 1)
    assert not {"podName", "outcome", "startTime"} & status.keys()
    (attempt,) = status["attempts"]
    assert (attempt["attempt"], attempt["kind"], attempt["type"]) == (1, "Error", "ValueError")
    assert (attempt["message"], len(attempt["traceback"])) == ("ValueError: no tiles", 2048)
    assert "startTime" in attempt
    seen.wait(1.9)
    assert "podName" not in seen.status("a")
    seen.wait(2.2)
    assert seen.status("a")["attempt"] == 2
    assert "notBefore" not in seen.status("a")
    seen.finish("a")
    assert seen.job_state == "Completed"
    assert len(seen.status("a")["attempts"]) == 1


def test_a_task_without_retries_left_fails_its_job() -> None:
    seen = world(task("a", **RETRY), task("b", "a"))
    for _ in range(3):
        seen.finish("a", OutcomeKind.ERROR, type="ValueError", message="no tiles").wait(60)
    assert (seen.state("a"), seen.state("b")) == ("Failed", "Cancelled")
    assert seen.status("a")["userFailures"] == 3
    assert [one["attempt"] for one in seen.status("a")["attempts"]] == [1, 2, 3]
    assert seen.job_state == "Failed"
    failure = seen.job["status"]["failure"]
    assert failure == {
        "task": seen.raw("a")["metadata"]["name"],
        "identifier": "acme/Do",
        "kind": "Error",
        "type": "ValueError",
        "message": "no tiles",
    }
    failed = seen.condition("Failed")
    assert (failed["status"], failed["reason"]) == ("True", "TaskFailed")
    assert "ValueError: no tiles" in failed["message"]
    warnings = [event.reason for event in seen.ordered(orders.EmitEvent) if event.warning]
    assert warnings == ["AttemptFailed", "AttemptFailed", "Failed", "Failed"]


def test_tracebacks_of_old_attempts_are_forgotten() -> None:
    seen = world(task("a", retry={"limit": 9, "backoffSeconds": 0, "maxBackoffSeconds": 0}))
    for _ in range(8):
        seen.finish("a", OutcomeKind.ERROR, traceback="x").wait(1)
    attempts = seen.status("a")["attempts"]
    assert ["traceback" in one for one in attempts] == [False] * 4 + [True] * 4


def test_a_failing_job_lets_what_runs_come_to_its_end() -> None:
    seen = world(task("a"), task("b"), task("c", "b"))
    seen.begin("b")
    seen.finish("a", OutcomeKind.NON_RETRYABLE)
    assert (seen.job["status"]["state"], seen.job["status"]["reason"]) == ("Running", "Failing")
    assert seen.status("b")["stop"] == "Cancel"
    assert seen.state("c") == "Cancelled"
    seen.finish("b")
    assert seen.state("b") == "Completed"
    assert seen.job_state == "Failed"


def test_a_runner_that_does_not_stop_is_ended() -> None:
    seen = world(task("a"), task("b", graceSeconds=5))
    seen.begin("b")
    seen.finish("a", OutcomeKind.NON_RETRYABLE)
    seen.wait(19)
    assert seen.job_state == "Running"
    seen.wait(2)
    assert seen.job_state == "Failed"
    assert seen.state("b") == "Cancelled"


def test_a_task_whose_runner_is_not_up_yet_is_not_waited_for() -> None:
    seen = world(task("a"), task("b"))
    seen.finish("a", OutcomeKind.NON_RETRYABLE)
    assert seen.job_state == "Failed"
    assert seen.state("b") == "Cancelled"
    assert seen.pods[seen.status("b")["podName"]].gone


# --- pods that end without a report ---------------------------------------------------------


@pytest.mark.parametrize(
    "ended",
    [
        {"phase": "Succeeded"},
        {"phase": "Running", "container": Container(started=1.0, exit_code=0, ended="Completed")},
    ],
    ids=["phase", "container"],
)
def test_a_runner_that_leaves_before_it_began_costs_nothing(ended: dict[str, Any]) -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a")
    assert seen.state("b") == "Running"
    seen.end_pod(seen.status("b")["podName"], **ended)
    status = seen.status("b")
    assert (status["attempt"], status["state"]) == (2, "Queued")
    assert not status.get("platformFailures")
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_a_pod_that_is_deleted_before_it_started_is_replaced_for_nothing() -> None:
    seen = world(task("a"))
    seen.end_pod(seen.status("a")["podName"])
    status = seen.status("a")
    assert status["attempt"] == 2
    assert not status.get("platformFailures")


KILLED = Container(started=1.0, exit_code=137, ended="OOMKilled")


def test_a_pod_that_the_kernel_killed_is_out_of_memory_and_grows() -> None:
    seen = World(job(task("a", retry={"limit": 1, "backoffSeconds": 0, "maxBackoffSeconds": 0})))
    seen.runners.larger["small"] = "large"
    seen.operate().begin("a")
    seen.end_pod(seen.status("a")["podName"], phase="Failed", container=KILLED)
    status = seen.status("a")
    assert (status["attempt"], status["userFailures"]) == (2, 1)
    assert status["attempts"][0]["kind"] == "OutOfMemory"
    assert status["size"] == "large"
    assert seen.pods[status["podName"]].size == "large"


def test_a_larger_size_outlives_the_operator() -> None:
    seen = World(job(task("a", retry={"limit": 1, "backoffSeconds": 9, "maxBackoffSeconds": 9})))
    seen.runners.larger["small"] = "large"
    seen.operate().finish("a", OutcomeKind.OUT_OF_MEMORY)
    assert "podName" not in seen.status("a")
    seen.model = None
    seen.operate().wait(10)
    assert seen.pods[seen.status("a")["podName"]].size == "large"


def test_a_runner_that_reports_its_own_end_gets_nothing_more() -> None:
    seen = world(task("a"), task("b", "a"))
    seen.finish("a", OutcomeKind.DISRUPTED)
    status = seen.status("a")
    assert (status["attempt"], status["state"]) == (2, "Queued")
    assert status["podName"].endswith("-a2")


def test_a_runner_that_vanishes_is_charged_to_the_platform() -> None:
    seen = world(task("a"))
    seen.begin("a")
    seen.end_pod(seen.status("a")["podName"])
    status = seen.status("a")
    assert (status["attempt"], status["platformFailures"]) == (2, 1)
    assert not status.get("userFailures")


def test_a_runner_that_crashes_before_it_begins_is_tried_again_with_pauses() -> None:
    seen = world(task("a"))
    crashed = Container(started=1.0, exit_code=1, ended="Error", message="no module")
    seen.end_pod(seen.status("a")["podName"], phase="Failed", container=crashed)
    status = seen.status("a")
    assert status["attempts"][0]["kind"] == "NeverStarted"
    assert "podName" not in status
    assert "notBefore" in status


def test_the_platform_has_a_budget_too() -> None:
    seen = world(task("a"))
    for _ in range(11):
        seen.begin("a").end_pod(seen.status("a")["podName"])
        seen.wait(60)
    assert seen.state("a") == "Failed"
    assert len(seen.pods) == 11


def test_a_report_wins_over_the_end_of_its_pod() -> None:
    seen = world(task("a"))
    seen.begin("a")
    # The report is written, but the operator sees the pod's end first.
    name = seen.raw("a")["metadata"]["name"]
    seen.hidden.add(name)
    seen.finish("a")
    seen.hidden.clear()
    seen.end_pod(seen.status("a")["podName"], phase="Succeeded")
    assert seen.state("a") == "Completed"
    assert seen.job_state == "Completed"
    assert seen.writes[name] == 1


def test_a_lost_node_is_waited_for_and_then_left_behind() -> None:
    seen = world(task("a"))
    seen.begin("a")
    first = seen.status("a")["podName"]
    pod = seen.pods[first]
    seen._tell_pod(replace(pod, deletion=seen.now + 30))
    seen.operate().wait(80)
    assert seen.status("a")["attempt"] == 1
    seen.wait(20)
    status = seen.status("a")
    assert (status["attempt"], status["platformFailures"]) == (2, 1)
    assert not seen.pods[first].gone
    seen.finish("a")
    assert seen.job_state == "Completed"


def test_a_pod_is_followed_although_an_earlier_task_of_it_ends_only_later() -> None:
    seen = world(task("p"), task("r"), task("s", "r"))
    first = seen.status("p")["podName"]
    seen.finish("p", OutcomeKind.SUCCEEDED, {"machineSize": "large"})
    seen.finish("r")
    assert seen.status("s")["podName"] == first
    seen.finish("p/0")
    assert (seen.state("p"), seen.state("s")) == ("Completed", "Running")
    seen.end_pod(first)
    assert seen.status("s")["attempt"] == 2
    seen.finish("s")
    assert seen.job_state == "Completed"


def test_a_pod_that_cannot_be_scheduled_is_told_about() -> None:
    seen = world(task("a"))
    pod = seen.pods[seen.status("a")["podName"]]
    stuck = replace(pod, unscheduled="Unschedulable", unscheduled_message="0/2 nodes")
    seen._tell_pod(stuck)
    seen.operate()
    (condition,) = seen.status("a")["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    assert "0/2 nodes" in condition["message"]
    seen._tell_pod(stuck)
    seen.operate()
    assert seen.writes[seen.raw("a")["metadata"]["name"]] == 2
    seen._tell_pod(replace(pod, phase="Running"))
    seen.finish("a")
    assert seen.status("a")["conditions"][0]["status"] == "True"


def test_an_image_that_cannot_be_had_ends_as_never_started() -> None:
    seen = world(task("a"))
    pod = seen.pods[seen.status("a")["podName"]]
    seen._tell_pod(replace(pod, node="n", container=Container(waiting="ErrImagePull")))
    seen.operate().wait(400)
    status = seen.status("a")
    assert (status["attempt"], status["platformFailures"]) == (2, 1)
    assert status["attempts"][0]["kind"] == "NeverStarted"
    assert seen.pods[pod.name].gone


# --- time ------------------------------------------------------------------------------------


def test_an_attempt_that_its_runner_lets_go_on_too_long_is_ended() -> None:
    seen = world(task("a", timeoutSeconds=60))
    seen.wait(100)  # The time of an attempt begins when its code does.
    assert "stop" not in seen.status("a")
    seen.begin("a").wait(69)
    assert "stop" not in seen.status("a")
    seen.wait(2)
    assert seen.status("a")["stop"] == "Timeout"
    seen.wait(15)
    assert seen.state("a") == "Failed"
    assert seen.status("a")["reason"].startswith("Timeout: it took longer than 60 s")
    assert seen.status("a")["userFailures"] == 1


def test_a_queue_time_out_covers_the_time_until_the_runner_is_up() -> None:
    seen = world(task("a", queueTimeoutSeconds=30))
    seen.wait(29)
    assert seen.state("a") == "Queued"
    seen.wait(2)
    assert seen.state("a") == "Failed"
    assert seen.status("a")["reason"] == "QueueTimeout: no runner took it within 30 s"
    assert all(pod.gone for pod in seen.pods.values())


def test_a_queue_time_out_without_any_runner() -> None:
    seen = World(job(task("a", queueTimeoutSeconds=30, failurePolicy="Ignore"), task("b", "a")))
    seen.runners.room = 0
    seen.operate().wait(29)
    assert seen.state("a") == "Queued"
    seen.wait(2)
    assert seen.state("a") == "FailedOptional"


def test_a_deadline_cancels_the_job() -> None:
    seen = world(task("a"), task("b", "a"), deadlineSeconds=100)
    seen.begin("a").wait(99)
    assert seen.job_state == "Running"
    seen.wait(2)
    assert seen.status("a")["stop"] == "Cancel"
    seen.finish("a", OutcomeKind.ERROR)
    assert seen.job_state == "Cancelled"
    assert seen.job["status"]["reason"] == "DeadlineExceeded"


# --- subtasks of attempts that are not committed --------------------------------------------


def test_subtasks_of_a_failed_attempt_are_removed() -> None:
    seen = world(task("top", **RETRY))
    seen.begin("top")
    seen.submit("top", "0")
    seen.submit("top", "1")
    seen.finish("top", OutcomeKind.ERROR).wait(10)
    assert set(seen.states()) == {"top"}
    seen.finish("top", OutcomeKind.SUCCEEDED, {})
    seen.finish("top/0")
    assert seen.job_state == "Completed"


def test_subtasks_that_come_after_their_attempt_has_ended_are_removed() -> None:
    seen = world(task("top", **RETRY))
    seen.begin("top")
    old = dict(seen.status("top"))
    seen.finish("top", OutcomeKind.ERROR).wait(10)
    raw = seen.raw("top")
    now = raw["status"]
    raw["status"] = old
    seen.submit("top", "0")
    raw["status"] = now
    seen.operate()
    assert set(seen.states()) == {"top"}
    assert seen.job_state == "Running"


def test_subtasks_that_others_made_do_not_count_and_are_removed() -> None:
    seen = world(task("top"))
    seen.begin("top")
    seen.submit("top", "7", pod_uid="somebody")
    seen.finish("top", OutcomeKind.SUCCEEDED, {})
    seen.finish("top/0")
    assert seen.job_state == "Completed"
    assert set(seen.states()) == {"top", "top/0"}


def test_a_release_that_is_not_loaded_in_time_is_the_platforms_failure() -> None:
    seen = world(task("a"))
    first = seen.status("a")["podName"]
    seen.refuse_to_load("a").wait(60)
    status = seen.status("a")
    assert (status["attempt"], status["platformFailures"]) == (2, 1)
    assert status["attempts"][0]["kind"] == "NeverStarted"
    assert status["attempts"][0]["message"].startswith("LoadTimeoutError: release r was not")
    assert status["podName"] != first  # which is about to end
    events = [one for one in seen.ordered(orders.EmitEvent) if one.reason == "AttemptFailed"]
    assert "NotLoaded: LoadTimeoutError" in events[0].note


def test_an_attempt_that_claims_more_subtasks_than_there_are_is_void() -> None:
    seen = world(task("top"))
    seen.finish("top", OutcomeKind.SUCCEEDED, {}, claims=3)
    assert seen.state("top") == "Running"
    seen.wait(4)
    assert seen.state("top") == "Running"
    seen.wait(2)
    assert seen.status("top")["attempt"] == 2
    assert seen.status("top")["attempts"][0]["kind"] == "Lost"
    assert set(seen.states()) == {"top"}
    seen.finish("top")
    assert seen.job_state == "Completed"


def test_what_is_cancelled_before_its_commit_does_not_look_committed() -> None:
    """Its subtasks are removed, what it has cached is not published, and nobody misses any."""
    seen = world(task("top", failurePolicy="Ignore"), task("b"))
    seen.begin("b").finish("top", OutcomeKind.SUCCEEDED, {}, claims=3)
    assert seen.state("top") == "Running"
    seen.annotate("top", "Cancelled")
    status = seen.status("top")
    assert (status["state"], "children" in status) == ("Cancelled", False)
    seen.model = None
    seen.operate()
    assert set(seen.states()) == {"top", "b"}
    seen.model = None
    seen.operate()
    assert (seen.state("b"), seen.job_state) == ("Running", "Running")
    seen.finish("b")
    assert seen.job_state == "Completed"


def test_what_is_cancelled_after_its_commit_still_looks_committed() -> None:
    seen = world(task("top", failurePolicy="Ignore"), task("b"))
    seen.begin("b").finish("top", OutcomeKind.SUCCEEDED, {})
    assert seen.state("top") == "Computed"
    seen.annotate("top", "Cancelled")
    status = seen.status("top")
    assert (status["state"], status["children"]) == ("Cancelled", 1)


def test_subtasks_that_are_seen_late_are_waited_for() -> None:
    seen = world(task("top"))
    seen.begin("top")
    name = seen.submit("top", "0")
    seen.hidden.add(name)
    seen.model = None
    seen.operate().finish("top", OutcomeKind.SUCCEEDED, claims=1)
    assert seen.state("top") == "Running"
    seen.hidden.clear()
    seen.wait(6)
    assert seen.state("top") == "Computed"


@pytest.mark.parametrize(
    ("needs", "message"),
    [([["1"], ["0"]], "in a circle"), ([["5"]], "depends on '5'")],
)
def test_subtasks_that_cannot_run_fail_their_parent(needs: list[list[str]], message: str) -> None:
    seen = world(task("top", **RETRY))
    seen.finish("top", OutcomeKind.SUCCEEDED, *children(*needs))
    assert seen.state("top") == "Failed"
    assert message in seen.status("top")["reason"]
    assert set(seen.states()) == {"top"}
    assert seen.job_state == "Failed"
