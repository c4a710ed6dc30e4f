"""An installation whose operator runs, and code published in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import Object, until
from tests.site.fixtures import site, site_base
from tests.site.site import Site

__all__ = ["site", "site_base"]

PROGRAM = Path(__file__).parent / "programs" / "waits.py"
API = "fairlead.dev/v1beta1"

_names = count()


class Machines:
    """Jobs, groups and releases of one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.release = "waits"

    def gate(self) -> Path:
        """A file that is not there yet."""
        self.site.shared.mkdir(parents=True, exist_ok=True)
        return self.site.shared / f"gate-{next(_names)}"

    def job(self, *gates: object, **spec: Any) -> str:
        """Submit a job with one task for each gate."""
        name = f"machines-{next(_names)}"
        body = {"apiVersion": API, "kind": "Job", "metadata": {"name": name}}
        tasks = [
            {
                "name": f"t{number}",
                "identifier": "machines.example/Wait",
                "version": "v1.0",
                "input": {"gate": str(gate or "")},
            }
            for number, gate in enumerate(gates or ("",))
        ]
        usual = {"tasks": tasks, "release": self.release}
        self.site.apply({**body, "spec": {**usual, **spec}})
        return name

    def group(self, **spec: Any) -> str:
        """Make a group of machines."""
        name = f"group-{next(_names)}"
        body = {"apiVersion": API, "kind": "MachineGroup", "metadata": {"name": name}}
        self.site.apply({**body, "spec": {"size": "small", **spec}})
        return name

    def runners(self, group: str) -> list[str]:
        """The names of a group's pods that have not ended."""
        selector = f"fairlead.dev/machine-group={group}"
        found = self.site.api.get(self.site.core("pods"), labelSelector=selector)["items"]
        return [
            pod["metadata"]["name"]
            for pod in found
            if pod["status"]["phase"] in ("Pending", "Running")
            and "deletionTimestamp" not in pod["metadata"]
        ]

    def wait_runners(self, group: str, number: int) -> list[str]:
        """Wait until a group has so many pods."""

        def enough() -> list[str] | None:
            found = self.runners(group)
            return found or ["none"] if len(found) == number else None

        return until(f"{group} has {number} runners", enough, timeout=120)

    def wait_status(self, plural: str, name: str, timeout: float = 120, **wanted: Any) -> Object:
        """Wait until an object's status says something."""

        def says() -> Object | None:
            found = self.site.get(plural, name) or {}
            status = found.get("status") or {}
            return found if all(status.get(key) == it for key, it in wanted.items()) else None

        return until(f"{plural} {name} is {wanted}", says, timeout=timeout)

    def wait_reason(self, plural: str, name: str, type_: str, reason: str) -> str:
        """Wait until a condition has a reason; return its message."""

        def there() -> str | None:
            found = self.site.get(plural, name) or {}
            for one in (found.get("status") or {}).get("conditions") or ():
                if one["type"] == type_ and one["reason"] == reason:
                    return str(one.get("message") or "-")
            return None

        return until(f"{plural} {name}: {type_} {reason}", there, timeout=120)

    def only_task(self, job: str) -> Object:
        """The only task of a job."""
        return until(f"a task of {job}", lambda: next(iter(self.site.tasks(job)), None))

    def wait_task_reason(self, job: str, reason: str) -> str:
        """Wait until the only task of a job says why it does not start; return the message."""
        name = self.only_task(job)["metadata"]["name"]
        return self.wait_reason("tasks", name, "Runnable", reason)

    def pods_of(self, job: str) -> set[str]:
        """The pods in which a job's tasks ran."""
        return {task["status"]["podName"] for task in self.site.tasks(job)}

    def completed(self, job: str) -> None:
        """Wait until a job has ended, and see that it did well."""
        assert self.site.wait_finished(job, timeout=180)["status"]["state"] == "Completed"


@pytest.fixture(scope="session")
def published(site_base: Site) -> str:
    """The program, published."""
    site_base.publish(PROGRAM, "waits")
    return "waits"


@pytest.fixture
def machines(site: Site, published: str) -> Iterator[Machines]:
    """What the tests here work with; groups are terminated after each."""
    yield Machines(site)
    for group in site.api.get(site.path("machinegroups"))["items"]:
        site.api.delete(site.path("machinegroups", group["metadata"]["name"]))
