"""A small world to try the allocator in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.unit.operator.runners.given import Object, added, size_object, sizes
from tests.unit.operator.runners.pods import RUNNING, SCHEDULED, pod, raw_pod, terminated

from fairlead_operator.runners.allocator import EVERYBODY_ALIKE, Allocator
from fairlead_operator.runners.groups import GroupIndex
from fairlead_operator.runners.pod_record import PodRecord, parse_pod
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.request import Grant, RunnerRequest
from fairlead_operator.runners.tenants import Tenants


def group_object(name: str = "mine", **spec: Any) -> Object:
    return {
        "metadata": {"name": name, "namespace": "here", "uid": f"uid-{name}", "generation": 1},
        "spec": {"size": "small", "maxMachines": 2, **spec},
    }


class World:
    """An allocator with sizes and groups, and the pods that were granted."""

    def __init__(self, *groups: Object, tenants: Tenants = EVERYBODY_ALIKE, **size: Any) -> None:
        self.sizes = sizes(size_object("small", **size), size_object("large"))
        self.groups = GroupIndex()
        for one in groups:
            self.groups.observe(added(one))
        self.woken: list[str] = []
        self.allocator = Allocator(self.sizes, self.groups, self.woken.append, tenants)
        self.now = 0.0

    def ask(self, job: str, name: str, **more: Any) -> Grant | Refusal:
        usual: Object = {"size": "small", "release": "flows", "account": "runner"}
        where = more.pop("namespace", "here")
        request = RunnerRequest(where, job, name, **{**usual, **more})
        return self.allocator.acquire(request, self.now)

    def make(self, job: str, name: str, **more: Any) -> None:
        """Ask, expect a new pod, and see it run."""
        found = self.ask(job, name, **more)
        assert isinstance(found, Grant)
        assert found.pod_name is None
        self.see(record(name, job, **more))

    def see(self, one: PodRecord) -> None:
        self.allocator.pod_seen(one, self.now)

    def idle(self, name: str, namespace: str = "here") -> None:
        self.allocator.idle(namespace, name, self.now, self.now)

    def end(self, name: str, namespace: str = "here") -> None:
        ended = pod("Succeeded", terminated(0), SCHEDULED, name=name)
        self.see(replace(ended, namespace=namespace))

    def waits(self, job: str, name: str, **more: Any) -> None:
        found = self.ask(job, name, **more)
        assert isinstance(found, Refusal)
        assert found.remedy is Remedy.PATIENCE


def raw_record(name: str, job: str = "", phase: str = "Running", **more: Any) -> Object:
    labels = {
        "fairlead.dev/job-uid": job,
        "fairlead.dev/machine-size": more.get("size", "small"),
        "fairlead.dev/release": more.get("release", "flows"),
        "fairlead.dev/account": more.get("account", "runner"),
    }
    if more.get("group"):
        labels["fairlead.dev/machine-group"] = more["group"]
    annotations = {
        "fairlead.dev/reuse": "AcrossJobs" if more.get("group") else more.get("reuse", "WithinJob"),
        "fairlead.dev/reuse-seconds": str(more.get("reuse_seconds", 10)),
        "fairlead.dev/isolation": more.get("isolation", "Shared"),
    }
    state = RUNNING if phase == "Running" else None
    return raw_pod(phase, state, SCHEDULED, name=name, labels=labels, annotations=annotations)


def record(name: str, job: str = "", **more: Any) -> PodRecord:
    found = parse_pod(raw_record(name, job, **more))
    return replace(found, namespace=more.get("namespace", "here"))


def warm(found: Grant | Refusal, name: str) -> bool:
    return isinstance(found, Grant) and found.pod_name == name and found.warm
