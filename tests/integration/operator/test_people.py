"""What people ask of jobs that run."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.kubeapi import until

from .conftest import LONG, Jobs, act


def test_a_cancelled_job_stops_what_runs_and_starts_nothing(jobs: Jobs) -> None:
    gate = jobs.gate("cancel")
    job = jobs.submit(act("a", "wait", gate=gate), act("b", "return", "a"))
    jobs.until_task(job, "a", state="Running")
    jobs.change(job, desired="Cancelled")
    status = jobs.wait(job, "Cancelled")
    assert status["observedGeneration"] == 2
    # The task saw that it should stop, and returned.
    assert jobs.status(job, "a")["state"] == "Completed"
    assert jobs.status(job, "b")["state"] == "Cancelled"


def test_a_suspended_job_goes_on_when_it_is_resumed(jobs: Jobs) -> None:
    gate = jobs.gate("suspend")
    job = jobs.submit(act("a", "wait", gate=gate), act("b", "return", "a"))
    jobs.until_task(job, "a", state="Running")
    jobs.change(job, desired="Suspended")
    until("it is suspended", lambda: jobs.get(job)["status"]["state"] == "Suspended", timeout=LONG)
    Path(gate).touch()
    jobs.until_task(job, "a", state="Completed")
    assert "podName" not in jobs.status(job, "b")
    jobs.change(job, desired="Running")
    jobs.wait(job, "Completed")


def test_one_task_is_cancelled_and_its_optional_dependents_run(jobs: Jobs) -> None:
    gate = jobs.gate("one")
    job = jobs.submit(act("a", "wait", gate=gate, failurePolicy="Ignore"), act("b", "return", "a"))
    jobs.until_task(job, "a", state="Running")
    jobs.ask(job, "a", "Cancelled")
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["state"], status["reason"], status["stop"]) == (
        "Cancelled",
        "TaskCancelled",
        "Cancel",
    )
    assert "outcome" not in status


def test_a_stopped_task_keeps_its_result(jobs: Jobs) -> None:
    gate = jobs.gate("stop")
    job = jobs.submit(act("a", "wait", gate=gate))
    jobs.until_task(job, "a", state="Running")
    jobs.ask(job, "a", "Stopped")
    jobs.wait(job, "Completed")
    assert jobs.status(job, "a")["result"] == "1"


def test_a_deleted_task_fails_its_job(jobs: Jobs) -> None:
    gate = jobs.gate("deleted")
    job = jobs.submit(act("a", "wait", gate=gate), act("b", "return", "a"))
    jobs.until_task(job, "a", state="Running")
    name = jobs.tasks(job)["b"]["metadata"]["name"]
    jobs.site.api.delete(jobs.site.path("tasks", name))
    status = jobs.wait(job, "Failed")
    assert status["reason"] == "TaskDeleted"


def test_a_later_run_makes_anew_what_did_not_succeed(jobs: Jobs) -> None:
    gate = jobs.gate("again")
    job = jobs.submit(
        act("a"),
        act("b", "raise", "a", gate=gate, times=1),
        act("c", "return", "b"),
    )
    jobs.wait(job, "Failed")
    jobs.change(job, run=2)
    status = jobs.wait(job, "Completed", run=2)
    assert (status["progress"], status["run"]) == ("3/3", 2)
    assert "failure" not in status
    runs = sorted((task["spec"]["key"], task["spec"]["run"]) for task in jobs.site.tasks(job))
    assert runs == [("a", 1), ("b", 1), ("b", 2), ("c", 1), ("c", 2)]


def test_a_change_after_the_end_is_taken_note_of(jobs: Jobs) -> None:
    job = jobs.submit(act("a"))
    jobs.wait(job, "Completed")
    jobs.change(job, desired="Suspended")

    def noted() -> bool:
        found = jobs.get(job)
        return bool(found["status"]["observedGeneration"] == found["metadata"]["generation"] == 2)

    until("it is noted", noted, timeout=LONG)
    assert jobs.get(job)["status"]["state"] == "Completed"
