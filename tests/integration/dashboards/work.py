"""Work for a site, so that its dashboards have something to show."""

from __future__ import annotations

import random
from itertools import count
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import until
from tests.cluster.native.layout import POOL_LABEL, POOLS
from tests.site.site import Site

from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.sizes import machine_size

PROGRAM = Path(__file__).with_name("photos.py")
RELEASE = "photos"
LONG = 240.0
"""Seconds that anything may take on a machine that does much else."""

Object = dict[str, Any]

_numbers = count(1)


def task(name: str, identifier: str, *depends_on: str, **given: Any) -> Object:
    """One task of a Job; machineSize and retry are the task's own, the rest is its input."""
    own: Object = {key: given.pop(key) for key in ("machineSize", "retry") if key in given}
    made: Object = {
        "name": name,
        "identifier": f"photos.example/{identifier}",
        "version": "v1.0",
        "input": given,
        **own,
    }
    return made | ({"dependsOn": list(depends_on)} if depends_on else {})


class Photos:
    """Submits jobs of the program to a site.

    Parameters
    ----------
    few
        The name of a machine size of which there are at most three runners.
    """

    def __init__(self, site: Site, few: str) -> None:
        self.site = site
        self.few = few
        self._chance = random.Random(7)

    def prepare(self) -> None:
        """Publish the program, and make the machine size."""
        self.site.publish(PROGRAM, RELEASE)
        self.site.apply(
            machine_size(
                self.few,
                cpu="10m",
                memory="192Mi",
                requested_memory="32Mi",
                node_labels={POOL_LABEL: POOLS[0]},
                maxRunners=3,
            )
        )

    def clear_away(self) -> None:
        """Remove the machine size: sizes belong to the whole cluster."""
        self.site.kubectl("delete", "flsize", self.few, "--ignore-not-found")

    def submit(self, *tasks: Object, **spec: Any) -> str:
        """Create a Job; return its name."""
        name = f"photos-{next(_numbers)}"
        spec = {"release": RELEASE, "reuse": "AcrossJobs", "reuseSeconds": 20, **spec}
        body: Object = {"apiVersion": API_VERSION, "kind": "Job", "metadata": {"name": name}}
        self.site.api.create(
            self.site.path("jobs"), body | {"spec": {**spec, "tasks": list(tasks)}}
        )
        return name

    def day(self, pictures: int) -> str:
        """Submit a job of every kind of work; return its name."""
        chance = self._chance
        tasks = []
        for number in range(pictures):
            seconds, megabytes = chance.lognormvariate(-1.2, 0.8), chance.choice((8, 16, 48))
            size = {"machineSize": self.few} if number % 2 else {}
            tasks.append(
                task(f"resize-{number}", "Resize", seconds=seconds, megabytes=megabytes, **size)
            )
            tasks.append(
                task(
                    f"describe-{number}",
                    "Describe",
                    f"resize-{number}",
                    seconds=chance.uniform(0.05, 0.6),
                    failing=0.15,
                    retry={"limit": 5, "backoffSeconds": 1},
                )
            )
        tasks.append(task("album", "Album", pictures=max(pictures // 2, 1)))
        return self.submit(*tasks)

    def long(self, seconds: float) -> str:
        """Submit a job of one task that takes long; return its name."""
        return self.submit(task("long", "Describe", seconds=seconds))

    def interrupt(self, job: str) -> None:
        """Delete the pod that holds a task of a job, once it runs, and leave it no time."""

        def pod() -> str:
            running = [
                one["status"]
                for one in self.site.tasks(job)
                if one.get("status", {}).get("state") == "Running"
            ]
            return str(running[0].get("podName") or "") if running else ""

        name = until(f"a task of {job} runs", pod, timeout=LONG)
        self.site.kubectl("delete", "pod", name, "--wait=false", "--grace-period=1")

    def wait(self, job: str) -> str:
        """Wait until a job has ended; return the state in which it is."""

        def ended() -> str | None:
            status: Object = (self.site.get("jobs", job) or {}).get("status", {})
            return str(status["state"]) if status.get("completionTime") else None

        return until(f"{job} has ended", ended, timeout=LONG)
