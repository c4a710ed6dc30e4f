"""A task that runs out of memory gets its next attempt on a larger machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cluster.kubeapi import Object
from tests.integration.machines.conftest import API, Machines
from tests.site.site import PATH


@pytest.fixture
def sizes(machines: Machines) -> Iterator[tuple[str, str]]:
    """A size that grows to another one."""
    site = machines.site
    less, more = f"{site.namespace}-less", f"{site.namespace}-more"
    small = site.api.get(f"{PATH}/machinesizes/small")["spec"]
    for name, memory, grows in ((less, "192Mi", {"growsTo": more}), (more, "448Mi", {})):
        resources = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": memory}}
        spec = {**small, **grows, "resources": resources}
        if not grows:
            spec.pop("growsTo", None)
        body = {"apiVersion": API, "kind": "MachineSize", "metadata": {"name": name}}
        site.apply({**body, "spec": spec})
    yield less, more
    for name in (less, more):
        site.api.delete(f"{PATH}/machinesizes/{name}")


def eat(size: str, retries: int) -> Object:
    return {
        "name": "eat",
        "identifier": "machines.example/Eat",
        "version": "v1.0",
        "input": {"megabytes": 240},
        "machineSize": size,
        "retry": {"limit": retries, "backoffSeconds": 0},
    }


def test_the_next_attempt_has_more_memory(machines: Machines, sizes: tuple[str, str]) -> None:
    less, more = sizes
    job = machines.job(tasks=[eat(less, 1)])
    machines.completed(job)
    status = machines.only_task(job)["status"]
    assert (status["size"], status["attempt"], status["userFailures"]) == (more, 2, 1)
    (first,) = [one for one in status["attempts"] if one["attempt"] == 1]
    assert (first["kind"], first["size"]) == ("OutOfMemory", less)


def test_without_retries_the_task_fails_and_says_why(
    machines: Machines, sizes: tuple[str, str]
) -> None:
    job = machines.job(tasks=[eat(sizes[0], 0)])
    found = machines.site.wait_finished(job)["status"]
    assert found["state"] == "Failed"
    assert found["failure"]["kind"] == "OutOfMemory"
    status = machines.only_task(job)["status"]
    assert (status["attempt"], status.get("platformFailures") or 0) == (1, 0)
