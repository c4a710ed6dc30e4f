"""A site whose jobs isolate their tasks from the token, and a size that shows them the gates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubectl import delete_all
from tests.contract.onsite import swept
from tests.integration.operator.conftest import Jobs, Object, act, published
from tests.site.fixtures import Site, site, site_base
from tests.site.sizes import tiny_sizes

from fairlead import Client
from fairlead.backends.kubernetes.backend import KubernetesBackend

__all__ = ["act", "published", "site", "site_base"]

RELEASE = "attacking"


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark that scenarios of the contract have; none that has it is used here."""
    config.addinivalue_line("markers", "laptop_only(reason): is about jobs this program runs")


class Isolated(Jobs):
    """Submits jobs whose tasks are isolated."""

    def submit(self, *tasks: Object, **spec: Any) -> str:
        """Create a Job; return its name."""
        size = size_of(self.site)
        sized = [{"machineSize": size, **task} for task in tasks]
        return super().submit(*sized, **{"isolation": "Sidecar", **spec})

    def attack(self, what: str, **more: Any) -> str:
        """Create a Job of one task that tries something; return its name."""
        task = {"identifier": "isolation.example/Attack", "version": "v1.0"}
        spec = {"isolation": more.pop("isolation")} if "isolation" in more else {}
        given = {"name": "a", "input": {"what": what}}
        return self.submit(given | task | more, release=RELEASE, **spec)


def size_of(site: Site) -> str:
    """The name of the machine size of these tests; sizes are the whole cluster's."""
    return f"gated-{site.namespace}"


def gated_size(site: Site) -> list[Object]:
    """A small size whose patch mounts the folder of the gates where tasks are, and that volume.

    Runners have it as part of their store, which isolated tasks do not see.
    """
    (small,) = (size for size in tiny_sizes() if size["metadata"]["name"] == "small")
    name = size_of(site)
    shared = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    claimed = {"name": "gates", "namespace": site.namespace}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            **shared,
            "capacity": {"storage": "1Gi"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claimed},
            "hostPath": {"path": str(site.shared), "type": "Directory"},
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": claimed,
        "spec": {**shared, "resources": {"requests": {"storage": "1Gi"}}, "volumeName": name},
    }
    mounts = [{"name": "gates", "mountPath": str(site.shared)}]
    patch = {
        "volumes": [{"name": "gates", "persistentVolumeClaim": {"claimName": "gates"}}],
        "containers": [{"name": "runner", "volumeMounts": mounts}],
    }
    spec = {**small["spec"], "podPatch": {"spec": patch}}
    del spec["growsTo"]
    return [volume, claim, {**small, "metadata": {**small["metadata"], "name": name}, "spec": spec}]


@pytest.fixture(scope="session")
def gated(site_base: Site) -> Iterator[str]:
    """A machine size whose tasks see the gates."""
    volume, claim, size = gated_size(site_base)
    site_base.apply(volume, claim, size)
    yield size_of(site_base)
    delete_all(site_base.cluster, [volume, size])


@pytest.fixture(scope="session")
def attacks(site_base: Site) -> str:
    """The program of the attacks, published as a Release."""
    site_base.publish(Path(__file__).with_name("attacking.py"), RELEASE)
    return RELEASE


@pytest.fixture
def jobs(site: Site, published: str, attacks: str, gated: str) -> Iterator[Isolated]:
    """Isolated jobs on the site; they are deleted afterwards."""
    made = Isolated(site)
    yield made
    for job in made.made:
        site.api.delete(site.path("jobs", job))


@pytest.fixture
def client(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client whose jobs isolate their tasks."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FAIRLEAD_BACKEND", "kubernetes")
    monkeypatch.setenv("FAIRLEAD_ISOLATION", "Sidecar")
    monkeypatch.setenv("FAIRLEAD_REUSE", "AcrossJobs")
    monkeypatch.setenv("FAIRLEAD_GRACE", "5")
    made = KubernetesBackend()
    with swept(site):
        yield Client(made)
        made.close()


def process_of(pod_uid: str, which: str) -> int:
    """The first process of a pod's container: that with the agent, or that with the tasks."""
    module = {"agent": b"fairlead.runner.pod", "keeper": b"fairlead.runner.pod.sidecar"}[which]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            mine = pod_uid in (entry / "cgroup").read_text()
            first = re.search(r"^NSpid:.*\t1$", (entry / "status").read_text(), re.MULTILINE)
        except OSError:
            continue
        if mine and first and module in words:
            return int(entry.name)
    raise AssertionError(f"the {which} of pod {pod_uid} has no process")
