"""Ways to fail that are none of the task's own: each waits or is charged to the platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.cluster.kubeapi import Object, until
from tests.integration.machines.conftest import API, Machines
from tests.site.site import PATH, condition_of

pytestmark = pytest.mark.timeout(600, func_only=True)


def cancel(machines: Machines, job: str) -> Object:
    """Cancel a job; its status at its end."""
    machines.site.api.patch(machines.site.path("jobs", job), {"spec": {"desired": "Cancelled"}})
    return dict(machines.site.wait_finished(job)["status"])


def spent(machines: Machines, job: str) -> tuple[int, int]:
    """What a job's only task has spent: failures of its own, and of the platform."""
    status = machines.only_task(job)["status"]
    return status.get("userFailures") or 0, status.get("platformFailures") or 0


def test_an_image_that_is_not_there(machines: Machines) -> None:
    site = machines.site
    spec = site.api.get(site.path("releases", "waits"))["spec"]
    absent = {**spec, "image": "localhost/fairlead/absent:1", "stage": "Development"}
    body = {"apiVersion": API, "kind": "Release", "metadata": {"name": "absent"}, "spec": absent}
    site.apply(body)
    job = machines.job("", release="absent")

    said = machines.wait_task_reason(job, "ImagePull")

    assert said.startswith("Image localhost/fairlead/absent:1 cannot be had")
    assert "Check that the image of the Release exists" in said
    assert machines.only_task(job)["status"]["attempt"] == 1
    assert spent(machines, job) == (0, 0)
    assert cancel(machines, job)["state"] == "Cancelled"
    site.wait_no_pods(job)


@pytest.fixture
def size(machines: Machines) -> Iterator[str]:
    """A size like small for which no node is fit, and which waits two seconds for one."""
    name = f"{machines.site.namespace}-nowhere"
    small = machines.site.api.get(f"{PATH}/machinesizes/small")["spec"]
    spec = {**small, "nodeSelector": {"no": "where"}, "startTimeoutSeconds": 2}
    body = {"apiVersion": API, "kind": "MachineSize", "metadata": {"name": name}, "spec": spec}
    machines.site.apply(body)
    yield name
    machines.site.api.delete(f"{PATH}/machinesizes/{name}")


def test_nodes_that_do_not_fit_and_a_size_that_is_mended(machines: Machines, size: str) -> None:
    job = machines.job("", machineSize=size)
    said = machines.wait_task_reason(job, "Unschedulable")
    assert "nodes are available" in said
    assert "compare the size's resources, nodeSelector, tolerations" in said
    until("an attempt was never started", lambda: spent(machines, job)[1] >= 1, timeout=60)

    small = machines.site.api.get(f"{PATH}/machinesizes/small")["spec"]
    change: dict[str, Any] = {"nodeSelector": {"no": None, **small["nodeSelector"]}}
    change["startTimeoutSeconds"] = None
    machines.site.api.patch(f"{PATH}/machinesizes/{size}", {"spec": change})

    machines.completed(job)
    assert spent(machines, job)[0] == 0
    records = machines.only_task(job)["status"]["attempts"]
    assert {record["kind"] for record in records} == {"NeverStarted"}
    assert records[0]["message"].startswith("Unschedulable: ")


def test_an_eviction_costs_no_retry(machines: Machines) -> None:
    site, gate = machines.site, machines.gate()
    job = machines.job(gate)
    machines.wait_status("jobs", job, state="Running")
    pod = until(
        "it runs",
        lambda: _running_pod(machines, job),
        timeout=60,
    )
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    site.api.create(f"{site.core('pods', pod)}/eviction", body)
    until("it was given back", lambda: spent(machines, job)[1] == 1, timeout=90)
    gate.touch()
    machines.completed(job)
    assert spent(machines, job) == (0, 1)
    [record] = machines.only_task(job)["status"]["attempts"]
    assert record["kind"] == "Disrupted"


def _running_pod(machines: Machines, job: str) -> str | None:
    status = machines.only_task(job)["status"]
    return str(status["podName"]) if status["state"] == "Running" else None


def test_a_job_that_takes_too_long_is_cancelled_and_says_why(machines: Machines) -> None:
    job = machines.job(machines.gate(), deadlineSeconds=1)
    found = machines.site.wait_finished(job)
    assert (found["status"]["state"], found["status"]["reason"]) == (
        "Cancelled",
        "DeadlineExceeded",
    )
    assert condition_of(found, "Failed") == "True"
    said = machines.wait_reason("jobs", job, "Failed", "DeadlineExceeded")
    assert "longer than spec.deadlineSeconds. Raise spec.run" in said


def test_a_task_that_waits_too_long_for_a_runner_fails(machines: Machines) -> None:
    name = f"{machines.site.namespace}-full"
    small = machines.site.api.get(f"{PATH}/machinesizes/small")["spec"]
    body = {"apiVersion": API, "kind": "MachineSize", "metadata": {"name": name}}
    machines.site.apply({**body, "spec": {**small, "maxRunners": 0}})
    waits = {
        "name": "late",
        "identifier": "machines.example/Wait",
        "version": "v1.0",
        "input": {"gate": ""},
        "queueTimeoutSeconds": 1,
    }
    try:
        job = machines.job(tasks=[waits], machineSize=name)
        found = machines.site.wait_finished(job)["status"]
        assert (found["state"], found["failure"]["kind"]) == ("Failed", "QueueTimeout")
        assert machines.site.pods(job) == []
    finally:
        machines.site.api.delete(f"{PATH}/machinesizes/{name}")


def test_a_runners_pod_is_as_its_size_says(machines: Machines) -> None:
    site = machines.site
    name = f"{site.namespace}-own"
    group = "scheduling.k8s.io/v1"
    site.api.create(f"/apis/{group}/priorityclasses", {"metadata": {"name": name}, "value": 7})
    small = site.api.get(f"{PATH}/machinesizes/small")["spec"]
    resources = {
        "requests": {"cpu": "11m", "memory": "33Mi"},
        "limits": {"cpu": "900m", "memory": "190Mi"},
    }
    tolerations = [{"key": "example.com/own", "operator": "Exists", "effect": "NoSchedule"}]
    own = {"resources": resources, "tolerations": tolerations, "priorityClassName": name}
    body = {"apiVersion": API, "kind": "MachineSize", "metadata": {"name": name}}
    site.apply({**body, "spec": {**small, **own, "maxRunners": 1}})
    gate = machines.gate()
    try:
        job = machines.job(gate, gate, machineSize=name)
        [pod] = until("it has a pod", lambda: site.pods(job), timeout=60)
        spec = pod["spec"]
        assert spec["priority"] == 7
        assert tolerations[0] in spec["tolerations"]
        assert spec["nodeSelector"] == small["nodeSelector"]
        [container] = spec["containers"]
        assert container["resources"] == resources
        machines.wait_status("jobs", job, state="Running")
        # No more than one runs at a time: the other task waits for its runner.
        assert len(site.pods(job)) == 1
        gate.touch()
        machines.completed(job)
        assert len(machines.pods_of(job)) == 1
    finally:
        site.api.delete(f"{PATH}/machinesizes/{name}")
        site.api.delete(f"/apis/{group}/priorityclasses/{name}")
