"""One job of all sorts of tasks on a site, scraped by a real Prometheus while it runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import prometheus
from tests.cluster.fixtures import cannot
from tests.cluster.kubeapi import until
from tests.cluster.prometheus import Prometheus
from tests.cluster.prometheus_package import find
from tests.cluster.shell import UnsupportedError
from tests.site.fixtures import Site, site, site_base

from fairlead.api.meta import API_VERSION

__all__ = ["site", "site_base"]

RELEASE = "metered"
JOB = "metered"
LONG = 240.0
"""Seconds that anything may take on a machine that does much else."""

MIB = 2**20
HELD = 100 * MIB
BURNT = 1.5
CHILDREN = 3

OPTIONAL = {"failurePolicy": "Ignore"}

Object = dict[str, Any]


def task(name: str, identifier: str, given: Object, **more: Any) -> Object:
    return {
        "name": name,
        "identifier": identifier,
        "version": "v0.0",
        "input": given,
        **more,
    }


def tasks(shared: Path) -> list[Object]:
    """One of each sort."""
    retry = {"retry": {"limit": 1, "backoffSeconds": 1}}
    return [
        task("burn", "Burn", {"seconds": BURNT}),
        task("hold", "Hold", {"size": HELD}, machineSize="medium"),
        task("flaky", "Flaky", {"mark": str(shared / "flaky")}, **retry),
        task("sleepy", "Sleepy", {}, timeoutSeconds=2, **OPTIONAL),
        task("greedy", "Greedy", {}, **OPTIONAL),
        task("parent", "Parent", {"gate": str(shared / "gate"), "children": CHILDREN}),
    ]


@dataclass
class Scraped:
    """The job, the operator that drives it and the Prometheus that reads its numbers.

    Attributes
    ----------
    text
        What the operator told.
    at
        The moment that all is asked about.
    """

    site: Site
    server: Prometheus
    text: str = ""
    at: float = 0.0

    @property
    def gate(self) -> Path:
        """Opens when it is there; the job cannot end before."""
        return self.site.shared / "gate"

    def value(self, expression: str) -> float:
        """Return the one value of an expression; 0 where there is none."""
        return self.server.value(expression, self.at)

    def by(self, label: str, expression: str) -> dict[str, float]:
        """Return the sums of an expression by one label, without those that are 0."""
        found = self.server.query(f"sum by ({label}) ({expression})", self.at)
        return {one.labels[label]: one.value for one in found if one.value}

    def statuses(self) -> list[Object]:
        """Return the statuses of all Tasks."""
        return [one["status"] for one in self.site.tasks(JOB)]

    def attempts(self) -> Counter[str]:
        """Return how the attempts have ended, as the Tasks themselves say."""
        found = Counter[str]()
        for status in self.statuses():
            ended = status.get("attempts") or []
            found.update(one["kind"] for one in ended)
            if status["attempt"] not in [one["attempt"] for one in ended]:
                found["Succeeded"] += 1
        return found

    def usages(self) -> list[Object]:
        """Return what all attempts took, as the Tasks themselves say."""
        found = []
        for status in self.statuses():
            ended = {one["attempt"]: one for one in status.get("attempts") or []}
            if status.get("outcome"):
                ended[status["attempt"]] = status["outcome"]
            found += [one["usage"] for one in ended.values() if "usage" in one]
        return found


@pytest.fixture(scope="session")
def prometheus_there(cluster: object) -> None:
    """Prometheus can be run."""
    try:
        find("prometheus")
    except UnsupportedError as reason:
        cannot(reason)


@pytest.fixture(scope="session")
def scraping(
    prometheus_there: None, site_base: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scraped]:
    """The job has been submitted, and all of its tasks but those behind the gate have ended."""
    site = site_base
    site.publish(Path(__file__).with_name("metered.py"), RELEASE)
    site.operator.start()
    folder, target = tmp_path_factory.mktemp("metrics"), f"127.0.0.1:{site.operator.port}"
    with prometheus.running(folder, [target]) as server:
        server.scraped()
        spec = {
            "release": RELEASE,
            "reuse": "AcrossJobs",
            "reuseSeconds": 240,
            "tasks": tasks(site.shared),
        }
        body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": JOB}, "spec": spec}
        site.api.create(site.path("jobs"), body)
        yield Scraped(site, server)
        site.api.delete(site.path("jobs", JOB))


@pytest.fixture(scope="session")
def behind_the_gate(scraping: Scraped) -> Scraped:
    """Nothing but the tasks behind the gate is left to do."""

    def waiting() -> bool:
        states = Counter(status.get("state") for status in scraping.statuses())
        return states["Running"] == CHILDREN and not states["Queued"]

    until("all but the gate's tasks have ended", waiting, timeout=LONG)
    scraping.server.scraped()
    return replace(scraping, text=scraping.site.operator.metrics(), at=time.time())


@pytest.fixture(scope="session")
def ended(behind_the_gate: Scraped) -> Scraped:
    """The job has ended."""
    behind_the_gate.gate.touch()
    behind_the_gate.site.wait_finished(JOB, LONG)

    def forgotten() -> bool:
        behind_the_gate.server.scraped()
        return behind_the_gate.server.value("sum(fairlead_tasks)") == 0

    until("no Task is counted any more", forgotten, timeout=LONG)
    return replace(behind_the_gate, at=time.time())
