"""Jobs on an installed Fairlead, made and watched as kubectl would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import until
from tests.site.fixtures import Site, site, site_base

from fairlead.api import labels
from fairlead.api.meta import API_VERSION

__all__ = ["site", "site_base"]

RELEASE = "acting"
LONG = 240.0
"""Seconds that anything may take on a machine that does much else."""

_numbers = count(1)

Object = dict[str, Any]


def act(name: str, what: str = "return", *depends_on: str, **more: Any) -> Object:
    """One task of a Job, which does as it is told."""
    given = {key: more.pop(key) for key in ("gate", "times", "children", "size") if key in more}
    made: Object = {
        "name": name,
        "identifier": "operator.example/Act",
        "version": "v1.0",
        "input": {"what": what, **given},
        **more,
    }
    return made | ({"dependsOn": list(depends_on)} if depends_on else {})


@dataclass
class Jobs:
    """Submits jobs to a site and looks at what becomes of them."""

    site: Site
    made: list[str] = field(default_factory=list)

    def submit(self, *tasks: Object, **spec: Any) -> str:
        """Create a Job; return its name."""
        name = f"job-{next(_numbers)}"
        # Runners go from test to test: starting them is what takes the time.
        spec = {"release": RELEASE, "reuse": "AcrossJobs", "reuseSeconds": 60, **spec}
        if tasks:
            spec["tasks"] = list(tasks)
        body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": name}, "spec": spec}
        self.site.api.create(self.site.path("jobs"), body)
        self.made.append(name)
        return name

    def add(self, job: str, key: str, **more: Any) -> None:
        """Add a task to a session, as an SDK does."""
        found = self.get(job)
        uid = found["metadata"]["uid"]
        spec = {
            "jobName": job,
            "jobUID": uid,
            "run": 1,
            "key": key,
            "identifier": "operator.example/Act",
            "version": "v1.0",
            **more,
        }
        marks = {
            labels.JOB: job,
            labels.JOB_UID: uid,
            labels.KEY: key,
            labels.PARENT_ATTEMPT: labels.parent_attempt(uid, 0),
        }
        metadata = {"name": f"{job}-added-{key}", "labels": marks}
        body = {"apiVersion": API_VERSION, "kind": "Task", "metadata": metadata, "spec": spec}
        self.site.api.create(self.site.path("tasks"), body)

    def get(self, job: str) -> Object:
        """The Job as it is now."""
        found = self.site.get("jobs", job)
        assert found is not None
        return found

    def change(self, job: str, **spec: Any) -> None:
        """Patch a Job's spec."""
        self.site.api.patch(self.site.path("jobs", job), {"spec": spec})

    def wait(self, job: str, state: str = "", run: int = 1) -> Object:
        """Wait until a run of a job has ended, and in which state; the status."""

        def ended() -> Object | None:
            found: Object = self.get(job).get("status", {})
            over = found.get("run") == run and found.get("completionTime")
            return found if over else None

        status = until(f"{job} has ended", ended, timeout=LONG)
        assert not state or status["state"] == state, status
        return status

    def tasks(self, job: str) -> dict[str, Object]:
        """The newest Tasks at the top level, by key."""
        found = [task for task in self.site.tasks(job) if "parent" not in task["spec"]]
        found.sort(key=lambda task: task["spec"]["run"])
        return {task["spec"]["key"]: task for task in found}

    def status(self, job: str, key: str) -> Object:
        """The status of one of those; empty while there is none."""
        status: Object = self.tasks(job).get(key, {}).get("status", {})
        return status

    def until_task(self, job: str, key: str, **wanted: Any) -> Object:
        """Wait until fields of a Task's status are as wanted; the status."""

        def reached() -> Object | None:
            if key not in self.tasks(job):
                return None
            status = self.status(job, key)
            same = all(status.get(name) == value for name, value in wanted.items())
            return status if same else None

        return until(f"{key} of {job} has {wanted}", reached, timeout=LONG)

    def ask(self, job: str, key: str, desired: str) -> None:
        """Ask for the stop or cancellation of one Task."""
        name = self.tasks(job)[key]["metadata"]["name"]
        body = {"metadata": {"annotations": {labels.DESIRED: desired}}}
        self.site.api.patch(self.site.path("tasks", name), body)

    def pod(self, job: str, key: str) -> Object | None:
        """The pod that a Task names, or None if there is none such."""
        name = self.status(job, key).get("podName")
        return next((pod for pod in self.site.pods() if pod["metadata"]["name"] == name), None)

    def gate(self, name: str) -> str:
        """The path of a gate, the same here and in pods; it is shut."""
        return str(self.site.shared / f"{name}-{next(_numbers)}")

    def executions(self, gate: str) -> int:
        """How often a task with that gate has been executed."""
        marks = Path(gate + ".marks")
        return len(list(marks.iterdir())) if marks.exists() else 0


@pytest.fixture(scope="session")
def published(site_base: Site) -> str:
    """The program of these tests, published as a Release."""
    site_base.publish(Path(__file__).with_name("acting.py"), RELEASE)
    return RELEASE


@pytest.fixture
def jobs(site: Site, published: str) -> Iterator[Jobs]:
    """Jobs on the site; they are deleted afterwards."""
    made = Jobs(site)
    yield made
    for job in made.made:
        site.api.delete(site.path("jobs", job))
