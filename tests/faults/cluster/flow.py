"""One job in the midst of which something breaks, and the oracle: what must hold in the end."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.kubeapi import Object, until
from tests.cluster.native.layout import POOL_LABEL
from tests.site.site import Site, condition_of

from fairlead.api import labels
from fairlead.api.meta import API_VERSION
from fairlead_operator.manifests.install import Manifest
from fairlead_operator.manifests.sizes import machine_size

PROGRAM = Path(__file__).with_name("ledger_program.py")
BRANCHES, LEAVES = 20, 9
TASKS = 1 + BRANCHES + BRANCHES * LEAVES
SECONDS = 600
"""How long the job may take, whatever happens to it, on a machine with much else to do."""

PATIENT = pytest.mark.timeout(2 * SECONDS, func_only=True)
"""What tests of such a job are marked with."""

EXPECTED = Counter(
    [
        "root 0",
        *(f"branch {number}" for number in range(BRANCHES)),
        *(f"leaf {number}" for number in range(BRANCHES * LEAVES)),
    ]
)
"""Every task of the job, once."""


def size_of_both_nodes(name: str) -> Manifest:
    """A machine size for either node, which gives a lost node up after a few seconds."""
    taint = {"key": POOL_LABEL, "operator": "Exists", "effect": "NoSchedule"}
    return machine_size(
        name,
        cpu="10m",
        memory="192Mi",
        requested_memory="32Mi",
        tolerations=[taint],
        nodeLostSeconds=5,
    )


def is_alive(pod: Object) -> bool:
    """Whether a pod runs, and nobody has asked it to end."""
    ending = "deletionTimestamp" in pod["metadata"]
    return pod["status"].get("phase") == "Running" and not ending


@dataclass
class Flow:
    """A job and its ledger.

    Attributes
    ----------
    site
        Where it runs.
    name
        The Job's name.
    size
        The machine size of its tasks.
    ledger
        The folder that holds a page for each pod.
    """

    site: Site
    name: str
    size: str
    ledger: Path

    @classmethod
    def make(cls, site: Site, size: str) -> Flow:
        """Publish the program; make a ledger."""
        name = f"flow-{uuid.uuid4().hex[:6]}"
        ledger = site.shared / name
        ledger.mkdir()
        if site.get("releases", "ledger") is None:
            site.publish(PROGRAM, "ledger")
        return cls(site, name, size, ledger)

    def submit(self) -> None:
        """Let the job begin."""
        root = {
            "name": "root",
            "identifier": "faults.example/Root",
            "version": "v1.0",
            "inputJSON": json.dumps({"ledger": str(self.ledger), "size": self.size}),
        }
        spec = {
            "machineSize": self.size,
            "release": "ledger",
            # As many runners as two small nodes have room for.
            "maxParallel": {"faults.example/Branch": 2, "faults.example/Leaf": 6},
            "tasks": [root],
        }
        metadata = {"name": self.name}
        body = {"apiVersion": API_VERSION, "kind": "Job", "metadata": metadata, "spec": spec}
        self.site.api.create(self.site.path("jobs"), body)

    # --- what happened ------------------------------------------------------------

    def lines(self) -> list[dict[str, Any]]:
        """Everything in the ledger so far."""
        found = []
        for page in self.ledger.iterdir():
            # The last line may be half written: its writer was killed.
            found += [
                json.loads(line) for line in page.read_text().splitlines() if line[-1:] == "}"
            ]
        return found

    def executions(self) -> Counter[str]:
        """How often each task began."""
        return Counter(line["task"] for line in self.lines() if line["what"] == "began")

    def wait_begun(self, share: float) -> None:
        """Wait until a share of all tasks has begun."""
        wanted = int(TASKS * share)
        until(
            f"{wanted} tasks have begun",
            lambda: len(self.executions()) >= wanted,
            timeout=SECONDS,
        )

    def executing(self) -> list[str]:
        """The pods that are in the midst of a task, by the ledger; those that died in one too."""
        last = {line["pod"]: line["what"] for line in self.lines()}
        return [pod for pod, what in last.items() if what == "began"]

    def wait_executing(self, node: str = "") -> Object:
        """Wait for a living runner pod, perhaps of one node, that is in the midst of a task."""

        def found() -> Object | None:
            for name in self.executing():
                pod = self.site.pod(name)
                if pod and is_alive(pod) and node in ("", pod["spec"].get("nodeName")):
                    return pod
            return None

        return until("a runner executes a task", found, timeout=SECONDS, every=0.02)

    def all_reported(self) -> bool:
        """Whether no runner holds a task that it has not reported."""
        return not any(
            task["status"]["state"] == "Running" and "outcome" not in task["status"]
            for task in self.site.tasks(self.name)
        )

    # --- the oracle -----------------------------------------------------------------

    def check(self) -> None:
        """Wait for the end; nothing of what was broken may show in it."""
        job = self.site.wait_finished(self.name, SECONDS)
        assert condition_of(job, "Complete") == "True", json.dumps(job["status"], indent=1)
        tasks = self._committed_tasks()
        assert Counter(task["status"]["state"] for task in tasks) == {"Completed": TASKS}
        self._check_results(tasks)
        self._check_children(tasks)
        executed = self.executions()
        assert set(executed) == set(EXPECTED)
        extra = executed - EXPECTED
        print(
            f"{self.name}: {self._seconds():.0f} s; {extra.total()} extra executions", dict(extra)
        )
        self._check_pods()

    def _committed_tasks(self) -> list[Object]:
        """The job's Tasks once those that nobody committed were swept."""

        def swept() -> list[Object] | None:
            tasks = self.site.tasks(self.name)
            return tasks if len(tasks) == TASKS else None

        return until(f"there are {TASKS} tasks", swept, timeout=60)

    def _seconds(self) -> float:
        times = [line["time"] for line in self.lines()]
        return max(times) - min(times)

    def _check_pods(self) -> None:
        """No runner lives on, and each belongs to the job, with which it goes."""
        self.site.wait_idle()
        owners = {pod["metadata"]["ownerReferences"][0]["name"] for pod in self.site.pods()}
        assert owners <= {self.name}

    def _check_results(self, tasks: list[Object]) -> None:
        """Each task has one recorded outcome, and the result of an undisturbed run."""
        seen: Counter[str] = Counter()
        for task in tasks:
            status, given = task["status"], json.loads(task["spec"]["input"])
            kind = task["spec"]["identifier"].rpartition("/")[2].lower()
            seen[f"{kind} {given.get('number', 0)}"] += 1
            assert status["outcome"]["kind"] == "Succeeded"
            assert status["outcome"]["attempt"] == status["attempt"]
            assert json.loads(status["result"]) == given.get("number", BRANCHES)
        assert seen == EXPECTED

    def _check_children(self, tasks: list[Object]) -> None:
        """Each task has as many subtasks as its committed attempt says, all of that attempt."""
        made = Counter(task["metadata"]["labels"][labels.PARENT_ATTEMPT] for task in tasks)
        for task in tasks:
            own = labels.parent_attempt(task["metadata"]["uid"], task["status"]["attempt"])
            assert made.pop(own, 0) == task["status"].get("children", 0)
        # What is left is the top level.
        assert list(made.values()) == [1]
