"""Sessions: jobs to which tasks are added while they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until

from fairlead.api.meta import API_VERSION

from .conftest import LONG, RELEASE, Jobs

OPTIONAL = {"failurePolicy": "Ignore"}
GROUP = "one"


def said(status: dict[str, Any]) -> str:
    """The reason of the condition that says why a task does not start."""
    conditions = status.get("conditions", [])
    return str(next((one["reason"] for one in conditions if one["type"] == "Runnable"), ""))


@pytest.mark.parametrize("restarted", [False, True], ids=["same-operator", "next-operator"])
def test_what_depends_on_a_task_that_never_comes_fails_when_the_session_closes(
    jobs: Jobs, restarted: bool
) -> None:
    job = jobs.submit()
    jobs.add(job, "1", dependsOn=["0"], **OPTIONAL)
    jobs.add(job, "2", dependsOn=["1"], **OPTIONAL)
    jobs.add(job, "3", **OPTIONAL)
    jobs.until_task(job, "3", state="Completed")
    told = "it is told why it waits"
    until(told, lambda: said(jobs.status(job, "1")) == "MissingDependency", timeout=LONG)
    if restarted:
        jobs.site.operator.restart()
    jobs.change(job, closed={"tasks": 3})
    status = jobs.wait(job, "Completed")
    assert status["progress"] == "3/3"
    failed = jobs.status(job, "1")
    assert (failed["state"], "podName" in failed) == ("FailedOptional", False)
    assert failed["reason"].startswith("MissingDependency: it depends on task '0'")
    # It failed alone: what depends on it could do without.
    assert jobs.status(job, "2")["state"] == "Completed"


def test_a_dependency_that_never_comes_fails_the_job_of_a_task_that_is_not_optional(
    jobs: Jobs,
) -> None:
    job = jobs.submit()
    jobs.add(job, "1", dependsOn=["0"])
    jobs.change(job, closed={"tasks": 1})
    failure = jobs.wait(job, "Failed")["failure"]
    assert failure["kind"] == "MissingDependency"
    assert jobs.status(job, "1")["state"] == "Failed"


def test_the_runner_of_a_task_that_is_cancelled_alone_takes_the_next_while_the_session_goes_on(
    jobs: Jobs,
) -> None:
    site, gate = jobs.site, jobs.gate("discarded")
    group = {"size": "small", "minMachines": 0, "maxMachines": 1, "release": RELEASE}
    body = {"apiVersion": API_VERSION, "kind": "MachineGroup", "metadata": {"name": GROUP}}
    site.api.create(site.path("machinegroups"), body | {"spec": group})
    try:
        job = jobs.submit(machineGroup=GROUP)
        hold = json.dumps({"what": "hold", "gate": gate})
        jobs.add(job, "0", input=hold, machineGroup=GROUP, graceSeconds=1, **OPTIONAL)
        jobs.until_task(job, "0", state="Running")
        until("its code runs", lambda: jobs.executions(gate) == 1, timeout=LONG)
        jobs.add(job, "1", machineGroup=GROUP, **OPTIONAL)
        first = jobs.pod(job, "0")
        assert first is not None
        jobs.ask(job, "0", "Cancelled")
        done = jobs.until_task(job, "1", state="Completed")
        assert jobs.get(job)["status"]["state"] == "Running"
        assert done["podName"] == first["metadata"]["name"]

        def is_idle() -> bool:
            status = site.api.get(site.path("machinegroups", GROUP)).get("status", {})
            return bool(status.get("idle") == 1)

        until("the group has its runner back", is_idle, timeout=LONG)
        jobs.change(job, closed={"tasks": 2})
        jobs.wait(job, "Completed")
        assert jobs.status(job, "0")["state"] == "Cancelled"
    finally:
        Path(gate).touch()
        site.api.delete(site.path("machinegroups", GROUP))


@pytest.mark.parametrize("restarted", [False, True], ids=["same-operator", "next-operator"])
def test_what_is_added_after_the_end_of_a_session_is_cancelled(jobs: Jobs, restarted: bool) -> None:
    job = jobs.submit()
    jobs.add(job, "0", **OPTIONAL)
    jobs.change(job, closed={"tasks": 1})
    jobs.wait(job, "Completed")
    if restarted:
        jobs.site.operator.stop()
    jobs.add(job, "1", dependsOn=["0"], **OPTIONAL)
    jobs.site.operator.start()
    status = jobs.until_task(job, "1", state="Cancelled")
    assert "the job ended before" in status["reason"]
    assert jobs.status(job, "0")["state"] == "Completed"
    assert jobs.get(job)["status"]["state"] == "Completed"
