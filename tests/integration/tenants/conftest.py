"""One operator that looks after four namespaces, with a machine size that is scarce."""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.fixtures import TOLD, cannot
from tests.cluster.kubeapi import Object, until
from tests.cluster.kubectl import apply_all
from tests.cluster.native.layout import POOL_LABEL
from tests.cluster.provider import Cluster
from tests.cluster.shell import UnsupportedError
from tests.site.setup import make_site, remove_site
from tests.site.site import Site
from tests.site.sizes import SMALL

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.sizes import machine_size

PROGRAM = Path(__file__).with_name("waits.py")
RELEASE = "waits"
LIMIT = 2
"""How many runners the third tenant may have."""
SHARE = 3
"""How much of what is scarce is for the fourth tenant, as against 1 for each other."""
LONG = 240.0

_numbers = count(1)


@dataclass
class Tenant:
    """One namespace, and jobs in it."""

    site: Site
    size: str
    gates: Path

    @property
    def namespace(self) -> str:
        return self.site.namespace

    def gate(self) -> Path:
        """A gate that is shut."""
        return self.gates / f"gate-{next(_numbers)}"

    def submit(self, tasks: int, gate: Path | str = "", size: str = "", **spec: Any) -> str:
        """Create a Job of so many tasks that want the scarce size; return its name."""
        name = f"job-{next(_numbers)}"
        one = {
            "identifier": "tenants.example/Wait",
            "version": "v1.0",
            "input": {"gate": str(gate)},
            "machineSize": size or self.size,
        }
        made = {
            "release": RELEASE,
            "tasks": [{"name": f"t{number}", **one} for number in range(tasks)],
            **spec,
        }
        body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": name}, "spec": made}
        self.site.api.create(self.site.path("jobs"), body)
        return name

    def started(self, job: str) -> int:
        """How many tasks of a job run now."""
        return sum(_state(task) == "Running" for task in self.site.tasks(job))

    def until_started(self, job: str, number: int) -> None:
        """Wait until so many tasks of a job run."""
        what = f"{number} tasks of {job} in {self.namespace} run"
        until(what, lambda: self.started(job) >= number, timeout=LONG)

    def reasons(self, job: str) -> dict[str, str]:
        """Why tasks of a job do not start: reason and message."""
        found = {}
        for task in self.site.tasks(job):
            for one in task.get("status", {}).get("conditions", []):
                if one["type"] == "Runnable" and one["status"] == "False":
                    found[str(one["reason"])] = str(one["message"])
        return found

    def until_reason(self, job: str, reason: str) -> str:
        """Wait until a task says so why it does not start; the message."""
        return until(f"{job} says {reason}", lambda: self.reasons(job).get(reason), timeout=LONG)

    def completed(self, job: str) -> None:
        """Wait until a job has ended, and see that it did well, each task at once."""
        assert self.site.wait_finished(job, timeout=LONG)["status"]["state"] == "Completed"
        assert {task["status"]["attempt"] for task in self.site.tasks(job)} == {1}

    def forbid(self, kind: str, **spec: Any) -> str:
        """Make a ResourceQuota or a LimitRange and wait until it holds; its path."""
        plural, name = f"{kind.lower()}s", f"tight-{next(_numbers)}"
        path = self.site.core(plural, name)
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        self.site.api.create(self.site.core(plural), body)
        if kind == "ResourceQuota":
            self.until_counted(path, spec["hard"])
        return path

    def until_counted(self, path: str, hard: Object) -> None:
        """Wait until a quota is in force as it is."""
        holds = lambda: self.site.api.get(path).get("status", {}).get("hard") == hard  # noqa: E731
        until("the quota holds", holds, timeout=LONG)


def _state(task: Object) -> str:
    return str(task.get("status", {}).get("state", ""))


@dataclass
class Tenants:
    """Two namespaces like any, one that may have little, and one that gets more than others."""

    first: Tenant
    second: Tenant
    limited: Tenant
    favoured: Tenant

    def __iter__(self) -> Iterator[Tenant]:
        yield from (self.first, self.second, self.limited, self.favoured)

    def scarce(self, runners: int) -> None:
        """Say how many runners there may be of the scarce size."""
        site = self.first.site
        size = machine_size(
            self.first.size,
            cpu="10m",
            memory="192Mi",
            requested_memory="32Mi",
            node_labels={POOL_LABEL: SMALL},
            maxRunners=runners,
        )
        apply_all(site.cluster, [size])

    def until_waiting(self, tasks: float) -> None:
        """Wait until so many tasks are known to wait for the scarce size."""
        line = f'fairlead_ready_tasks{{size="{self.first.size}"}} {tasks}'
        until(f"{tasks} tasks wait", lambda: line in self._numbers(), timeout=LONG)

    def _numbers(self) -> str:
        port = self.first.site.operator.port
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return str(answer.read(), "utf-8")


@pytest.fixture(scope="session")
def tenants_base(cluster: Cluster) -> Iterator[Tenants]:
    """The installation, its program published in all namespaces."""
    name = f"tenants-{uuid.uuid4().hex[:8]}"
    others = (f"{name}-b", f"{name}-c", f"{name}-d")
    try:
        site = make_site(cluster, f"{name}-a", others=others)
    except UnsupportedError as reason:
        cannot(reason)
    sites = [site, *(replace(site, namespace=other) for other in others)]
    made = Tenants(*(Tenant(one, name, site.shared) for one in sites))
    try:
        site.publish(PROGRAM, RELEASE)
        for other in sites[1:]:
            _copy_release(site, other)
        made.scarce(4)
        site.operator.start(
            FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS=f"{made.limited.namespace}={LIMIT}",
            FAIRLEAD_OPERATOR_NAMESPACE_SHARES=f"{made.favoured.namespace}={SHARE}",
        )
        yield made
    finally:
        try:
            site.api.delete(f"/apis/{API_VERSION}/machinesizes/{name}")
        finally:
            remove_site(site)


def _copy_release(site: Site, other: Site) -> None:
    """Publish the program in another namespace too, as it is in the first."""
    release = site.get("releases", RELEASE)
    assert release is not None
    parts = site.api.get(site.core("configmaps"))["items"]
    packages = [one for one in parts if one["metadata"]["name"].startswith(f"{RELEASE}-")]
    assert packages
    for path, one in [
        *((other.core("configmaps"), one) for one in packages),
        (other.path("releases"), release),
    ]:
        metadata = one["metadata"]
        kept = {name: metadata[name] for name in ("name", "labels") if name in metadata}
        body = {key: value for key, value in one.items() if key != "status"}
        other.api.create(path, {**body, "metadata": kept})


@pytest.fixture
def tenants(tenants_base: Tenants, request: pytest.FixtureRequest) -> Iterator[Tenants]:
    """All of them; their jobs are deleted after each test."""

    def told() -> str:
        return "\n".join(f"--- {one.namespace}\n{one.site.report()}" for one in tenants_base)

    request.node.stash[TOLD] = ("tenants", told)
    yield tenants_base
    for tenant in tenants_base:
        tenant.site.kubectl("delete", "jobs.fairlead.dev", "--all", "--wait=false")
    for tenant in tenants_base:
        tenant.site.wait_no_pods()
