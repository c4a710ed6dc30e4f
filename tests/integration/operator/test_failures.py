"""Tasks that fail, runners that end, and jobs that cannot run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until

from .conftest import LONG, Jobs, act

RETRY = {"retry": {"limit": 2, "backoffSeconds": 0, "maxBackoffSeconds": 0}}


def runnable(status: dict[str, Any]) -> dict[str, Any]:
    """The condition that says why a task does not start, or nothing."""
    conditions = status.get("conditions", [])
    return next((one for one in conditions if one["type"] == "Runnable"), {})


@pytest.mark.parametrize("what", ["raise", "exit"])
def test_a_failed_attempt_is_tried_again(jobs: Jobs, what: str) -> None:
    gate = jobs.gate("retry")
    job = jobs.submit(act("a", what, gate=gate, times=1, **RETRY))
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["attempt"], status["userFailures"], status["result"]) == (2, 1, "2")
    (attempt,) = status["attempts"]
    assert attempt["kind"] == {"raise": "Error", "exit": "Crashed"}[what]


def test_the_first_failure_is_the_job_s(jobs: Jobs) -> None:
    job = jobs.submit(act("a", "give up", **RETRY), act("b", "return", "a"))
    status = jobs.wait(job, "Failed")
    failure = status["failure"]
    assert (failure["kind"], failure["type"]) == ("NonRetryable", "NonRetryableError")
    assert failure["message"] == "it is no use"
    assert jobs.status(job, "a")["attempt"] == 1
    assert jobs.status(job, "b")["state"] == "Cancelled"
    events = jobs.site.kubectl("get", "events", "--field-selector", f"involvedObject.name={job}")
    assert "Failed" in events


def test_a_deleted_pod_costs_no_retry(jobs: Jobs) -> None:
    gate = jobs.gate("pod")
    job = jobs.submit(act("a", "hold", gate=gate, graceSeconds=1), reuse="WithinJob")
    first = jobs.until_task(job, "a", state="Running")["podName"]
    jobs.site.api.delete(jobs.site.core("pods", first))
    status = jobs.until_task(job, "a", attempt=2, state="Running")
    assert status["podName"] != first
    Path(gate).touch()
    jobs.wait(job, "Completed")
    assert "userFailures" not in {name for name, value in jobs.status(job, "a").items() if value}


def test_too_much_memory_is_told_as_such(jobs: Jobs) -> None:
    job = jobs.submit(act("a", "fill memory"), reuse="WithinJob")
    status = jobs.wait(job, "Failed")
    assert status["failure"]["kind"] == "OutOfMemory"


def test_a_time_out_is_enforced(jobs: Jobs) -> None:
    gate = jobs.gate("time")
    job = jobs.submit(act("a", "wait", gate=gate, timeoutSeconds=1, failurePolicy="Ignore"))
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["state"], status["outcome"]["kind"]) == ("FailedOptional", "Timeout")


def test_a_task_without_release_waits_and_says_for_what(jobs: Jobs) -> None:
    job = jobs.submit(act("a", version="v2.0"))
    until("it says why", lambda: runnable(jobs.status(job, "a")), timeout=LONG)
    condition = runnable(jobs.status(job, "a"))
    assert (condition["status"], condition["reason"]) == ("False", "NoCompatibleRelease")
    assert "v1.3" in condition["message"]
    assert jobs.get(job)["status"]["state"] == "Queued"
    jobs.change(job, desired="Cancelled")
    jobs.wait(job, "Cancelled")


def test_an_unknown_size_is_waited_for_with_the_known_ones_named(jobs: Jobs) -> None:
    job = jobs.submit(act("a", machineSize="huge"))
    until("it says why", lambda: runnable(jobs.status(job, "a")), timeout=LONG)
    condition = runnable(jobs.status(job, "a"))
    assert condition["reason"] == "UnknownMachineSize"
    assert "small" in condition["message"]
    jobs.change(job, desired="Cancelled")
    jobs.wait(job, "Cancelled")


def test_a_quota_is_waited_for(jobs: Jobs) -> None:
    site = jobs.site
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}},
    }
    site.apply(quota)
    used = site.core("resourcequotas", "none")
    until("the quota holds", lambda: site.api.get(used).get("status", {}).get("hard"), timeout=LONG)
    try:
        job = jobs.submit(act("a"), reuse="WithinJob")
        until("it says why", lambda: runnable(jobs.status(job, "a")), timeout=LONG)
        assert runnable(jobs.status(job, "a"))["reason"] == "QuotaExceeded"
    finally:
        site.api.delete(used)
    jobs.wait(job, "Completed")
    status = jobs.status(job, "a")
    assert (status["attempt"], runnable(status)["status"]) == (1, "True")


@pytest.mark.parametrize(
    ("tasks", "reason", "message"),
    [
        ([act("a", "return", "b"), act("b", "return", "a")], "InvalidGraph", "in a circle"),
        ([act("a", "return", "nothing")], "InvalidGraph", "depends on 'nothing'"),
    ],
)
def test_a_graph_that_cannot_run_fails_with_a_reason(
    jobs: Jobs, tasks: list[dict[str, Any]], reason: str, message: str
) -> None:
    job = jobs.submit(*tasks)
    status = jobs.wait(job, "Failed")
    assert status["reason"] == reason
    failed = next(one for one in status["conditions"] if one["type"] == "Failed")
    assert message in failed["message"]
    assert jobs.site.tasks(job) == []


def test_an_operator_that_is_killed_often_ends_the_job_all_the_same(jobs: Jobs) -> None:
    gate = jobs.gate("killed")
    tasks = [
        act("a", children=3),
        act("b", "raise", "a", gate=gate, times=1, **RETRY),
        act("c", "return", "b", children=2),
    ]
    job = jobs.submit(*tasks)
    for key in ("a", "b"):
        jobs.site.operator.restart()
        until(f"{key} runs", lambda key=key: jobs.status(job, key).get("attempt"), timeout=LONG)
        jobs.site.operator.restart()
    status = jobs.wait(job, "Completed")
    assert status["progress"] == "10/10"
    assert jobs.executions(gate) == 2
