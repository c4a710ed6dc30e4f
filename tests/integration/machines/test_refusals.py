"""What a task that gets no runner says, and that it runs once the cause is mended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.kubeapi import Object
from tests.integration.machines.conftest import API, Machines
from tests.site.site import PATH


def test_a_size_that_comes_later(machines: Machines) -> None:
    name = f"{machines.site.namespace}-later"
    job = machines.job("", machineSize=name)
    assert name in machines.wait_task_reason(job, "UnknownMachineSize")
    small = machines.site.api.get(f"{PATH}/machinesizes/small")["spec"]
    body = {"apiVersion": API, "kind": "MachineSize", "metadata": {"name": name}}
    try:
        bad = {**small, "podPatch": {"spec": {"hostNetwork": True}}}
        machines.site.apply({**body, "spec": bad})
        assert "hostNetwork" in machines.wait_task_reason(job, "InvalidMachineSize")
        machines.site.apply({**body, "spec": small})
        machines.completed(job)
        task = machines.only_task(job)
        assert task["status"]["size"] == name
    finally:
        machines.site.api.delete(f"{PATH}/machinesizes/{name}")


def test_a_release_whose_code_comes_later(machines: Machines) -> None:
    site = machines.site
    found = site.api.get(site.path("releases", "waits"))
    parts = [site.api.get(site.core("configmaps", name)) for name in _parts(found)]
    names = [f"late-{number}" for number in range(len(parts))]
    spec = {**found["spec"], "package": {**found["spec"]["package"], "configMaps": names}}
    site.apply({"apiVersion": API, "kind": "Release", "metadata": {"name": "late"}, "spec": spec})
    message = machines.wait_reason("releases", "late", "Ready", "ReleaseBroken")
    assert "late-0" in message
    machines.release = "late"
    job = machines.job("")
    assert "late-0" in machines.wait_task_reason(job, "ReleaseBroken")
    for name, part in zip(names, parts, strict=True):
        body = {"metadata": {"name": name}, "binaryData": part["binaryData"], "immutable": True}
        site.api.create(site.core("configmaps"), body)
    machines.completed(job)
    machines.wait_reason("releases", "late", "Ready", "Ready")


def _parts(release: Object) -> list[str]:
    return list(release["spec"]["package"]["configMaps"])


def test_a_release_that_is_sound_says_so(machines: Machines) -> None:
    found = machines.wait_status("releases", "waits", tasks=2)
    machines.wait_reason("releases", "waits", "Ready", "Ready")
    assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


def test_an_account_that_is_labelled_later(machines: Machines) -> None:
    job = machines.job("", serviceAccountName="default")
    assert "default" in machines.wait_task_reason(job, "AccountNotAllowed")
    site = machines.site
    site.api.patch(site.path("jobs", job), {"spec": {"desired": "Cancelled"}})
    assert site.wait_finished(job)["status"]["state"] == "Cancelled"


def test_a_group_that_comes_later(machines: Machines) -> None:
    job = machines.job("", machineGroup="later")
    machines.wait_task_reason(job, "UnknownMachineGroup")
    body = {"apiVersion": API, "kind": "MachineGroup", "metadata": {"name": "later"}}
    machines.site.apply({**body, "spec": {"size": "small"}})
    machines.completed(job)


@pytest.fixture
def quota(machines: Machines) -> Iterator[str]:
    """A quota that allows no pods, until it is deleted."""
    site = machines.site
    site.wait_idle()
    body = {"metadata": {"name": "none"}, "spec": {"hard": {"count/pods": "0"}}}
    path = site.core("resourcequotas")
    site.api.create(path, body)
    yield f"{path}/none"
    site.api.delete(f"{path}/none")


def test_a_quota_that_is_lifted(machines: Machines, quota: str) -> None:
    job = machines.job("")
    assert "quota" in machines.wait_task_reason(job, "QuotaExceeded")
    machines.site.api.delete(quota)
    machines.completed(job)
    task = machines.only_task(job)
    assert task["status"]["attempt"] == 1
    assert not task["status"].get("platformFailures")
