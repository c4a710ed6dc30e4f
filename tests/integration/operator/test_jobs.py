"""Jobs that go well, and what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until

from .conftest import LONG, Jobs, act


def words(status: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["status"] for one in status["conditions"]}


def test_a_graph_with_subtasks_runs_to_its_end(jobs: Jobs) -> None:
    job = jobs.submit(act("a"), act("b", "return", "a", children=3), act("c", "return", "b"))
    status = jobs.wait(job, "Completed")
    assert status["progress"] == "7/7"
    assert status["tasks"]["completed"] == 7
    assert words(status) == {
        "Succeeded": "True",
        "Complete": "True",
        "Failed": "False",
        "Suspended": "False",
        "Finished": "True",
    }
    assert status["observedGeneration"] == 1
    assert status["startTime"] < status["completionTime"]
    tasks = jobs.tasks(job)
    assert tasks["a"]["status"]["result"] == "1"
    assert tasks["b"]["status"]["children"] == 4
    assert all("parent" not in task["spec"] for task in tasks.values())


@pytest.mark.parametrize(("what", "state"), [("return", "Completed"), ("give up", "Failed")])
def test_kubectl_waits_for_the_end_however_it_is(jobs: Jobs, what: str, state: str) -> None:
    """It fails if the condition does not come true in time."""
    job = jobs.submit(act("a", what))
    waiting = ["wait", "--for=condition=Finished", f"--timeout={LONG:.0f}s", f"fljob/{job}"]
    said = jobs.site.kubectl(*waiting, timeout=LONG + 30)
    assert "condition met" in said
    assert jobs.get(job)["status"]["state"] == state


def test_dependents_go_on_a_runner_that_is_there(jobs: Jobs) -> None:
    chain = [act("t0"), *(act(f"t{n}", "return", f"t{n - 1}") for n in range(1, 12))]
    job = jobs.submit(*chain, reuse="WithinJob")
    jobs.wait(job, "Completed")
    pods = {task["status"]["podName"] for task in jobs.tasks(job).values()}
    assert len(pods) == 1
    assert all(task["status"]["attempt"] == 1 for task in jobs.tasks(job).values())


def test_strict_jobs_have_one_pod_a_task(jobs: Jobs) -> None:
    job = jobs.submit(act("a"), act("b", "return", "a"), reuse="Never")
    jobs.wait(job, "Completed")
    pods = {task["status"]["podName"] for task in jobs.tasks(job).values()}
    assert len(pods) == 2


def test_a_leaf_costs_two_writes_of_the_operator(jobs: Jobs) -> None:
    """It is created and assigned; its end is written by its runner alone."""
    job = jobs.submit(act("a"), act("b", "return", "a"))
    jobs.wait(job, "Completed")
    for task in jobs.tasks(job).values():
        writers = [entry["manager"] for entry in task["metadata"]["managedFields"]]
        assert len(writers) == len(set(writers)) + 1  # spec and status of the operator's
        assert "endTime" not in task["status"]


def test_at_most_as_many_run_as_the_job_says(jobs: Jobs) -> None:
    gate = jobs.gate("parallel")
    tasks = [act(f"t{n}", "wait", gate=gate) for n in range(3)]
    job = jobs.submit(*tasks, maxParallel={"operator.example/Act": 1})
    jobs.until_task(job, "t0", state="Running")
    assert "podName" not in jobs.status(job, "t1")
    assert "podName" not in jobs.status(job, "t2")
    Path(gate).touch()
    jobs.wait(job, "Completed")


def test_a_session_runs_what_is_added_until_it_is_closed(jobs: Jobs) -> None:
    job = jobs.submit()
    jobs.add(job, "0")
    jobs.add(job, "1", dependsOn=["0"])
    jobs.until_task(job, "1", state="Completed")
    assert jobs.get(job)["status"]["state"] == "Running"
    jobs.change(job, closed={"tasks": 2})
    status = jobs.wait(job, "Completed")
    assert status["progress"] == "2/2"


def test_a_job_is_removed_when_its_time_is_over(jobs: Jobs) -> None:
    job = jobs.submit(act("a", children=2), ttlSecondsAfterFinished=1)

    def gone() -> bool:
        return jobs.site.get("jobs", job) is None and not jobs.site.tasks(job)

    until(f"{job} is removed", gone, timeout=LONG)


def test_a_deleted_job_takes_its_tasks_and_pods_along(jobs: Jobs) -> None:
    gate = jobs.gate("delete")
    job = jobs.submit(act("a", "wait", gate=gate), act("b", "return", "a"), reuse="WithinJob")
    jobs.until_task(job, "a", state="Running")
    jobs.site.api.delete(jobs.site.path("jobs", job))
    until("its Tasks are gone", lambda: not jobs.site.tasks(job), timeout=LONG)
    until("its pods are gone", lambda: not jobs.site.pods(job), timeout=LONG)
