"""What a step costs on real nodes: chains and fans of Fairlead beside bare pods.

Run it as root on Linux with ``python tests/bench/cluster_handoff.py``.  It uses the native
test cluster, which it starts if it is not up, and installs Fairlead over a namespace of its
own.  Rounds are interleaved: bare pods and Fairlead meet the same machine.  Writes come from
the audit log, times of runners from the Tasks.  It prints a table, and with ``--json`` a file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchlib.audit import Audit  # noqa: E402
from benchlib.cluster import rounds_table  # noqa: E402
from benchlib.processes import cpu  # noqa: E402
from benchlib.report import digits  # noqa: E402
from tests.cluster.kubeapi import until  # noqa: E402
from tests.cluster.native.cluster import NativeCluster  # noqa: E402
from tests.site.setup import make_site, remove_site  # noqa: E402
from tests.site.site import Site  # noqa: E402

RELEASE = "nothing"
IDENTIFIER = "bench.example/Nothing"
PROGRAM = f"""
from fairlead import ExecutionContext, Task


class Nothing(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "{IDENTIFIER}", "v1.0"

    def execute(self, context: ExecutionContext) -> None:
        return None
"""

LONG = 900.0
"""Seconds that one measurement may take."""

Object = dict[str, Any]
Figures = dict[str, float]


def seconds(text: str) -> float:
    """Return a time of Kubernetes' in seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


# --- bare pods -------------------------------------------------------------------------------


def bare_pod(site: Site, name: str) -> Object:
    """The least pod that could do a task's work: it starts Python and ends."""
    container = {
        "name": "runner",
        "image": site.operator.settings["FAIRLEAD_RUNNER_IMAGE"],
        "command": ["python3", "-c", "pass"],
        "resources": {"requests": {"cpu": "10m"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = {
        "restartPolicy": "Never",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "enableServiceLinks": False,
        "nodeSelector": {"fairlead.dev/pool": "small"},
    }
    metadata = {"name": name, "labels": {"bench": "bare"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def succeeded(site: Site, names: Sequence[str]) -> bool:
    """Return whether bare pods have all ended well."""
    pods = site.api.get(site.core("pods"), labelSelector="bench=bare")["items"]
    ended = {pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Succeeded"}
    return ended.issuperset(names)


def bare_chain(site: Site, steps: int) -> Figures:
    """Pods one after the other, each made when the status of the last says that it ended."""
    began = time.monotonic()
    for number in range(steps):
        name = f"bare-{number}"
        site.api.create(site.core("pods"), bare_pod(site, name))
        until(name, partial(succeeded, site, [name]), timeout=LONG, every=0.02)
    took = time.monotonic() - began
    remove_bare(site)
    return {"seconds a step": took / steps}


def bare_fan(site: Site, width: int) -> Figures:
    """Pods all at once."""
    names = [f"bare-{number}" for number in range(width)]
    began = time.monotonic()
    for name in names:
        site.api.create(site.core("pods"), bare_pod(site, name))
    until("all bare pods", lambda: succeeded(site, names), timeout=LONG, every=0.05)
    took = time.monotonic() - began
    remove_bare(site)
    return {"pods a second": width / took}


def remove_bare(site: Site) -> None:
    """Remove the bare pods, and wait until they are gone."""
    site.kubectl("delete", "pods", "--selector=bench=bare", "--wait=true")


# --- Fairlead ----------------------------------------------------------------------------------


def job(name: str, tasks: int, *, chain: bool, reuse: str) -> Object:
    """A Job of tasks that do nothing."""
    made = [
        {"name": f"t{number}", "identifier": IDENTIFIER, "version": "v1.0"}
        | ({"dependsOn": [f"t{number - 1}"]} if chain and number else {})
        for number in range(tasks)
    ]
    spec = {"release": RELEASE, "reuse": reuse, "tasks": made}
    return {
        "apiVersion": "fairlead.dev/v1beta1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": spec,
    }


def run_job(site: Site, body: Object) -> tuple[float, dict[str, Object]]:
    """Run a job to its end; return the seconds it took, and its Tasks' statuses by key."""
    name = body["metadata"]["name"]
    began = time.monotonic()
    site.api.create(site.path("jobs"), body)

    def ended() -> bool:
        found = site.get("jobs", name)
        return bool(found and found.get("status", {}).get("completionTime"))

    until(f"{name} has ended", ended, timeout=LONG, every=0.05)
    took = time.monotonic() - began
    found = site.get("jobs", name)
    assert found is not None
    if found["status"]["state"] != "Completed":
        raise SystemExit(f"{name} is {found['status']}\n{site.report()}")
    return took, {task["spec"]["key"]: task["status"] for task in site.tasks(name)}


def remove_job(site: Site, name: str) -> None:
    """Remove a job, and wait until its Tasks and pods are gone."""
    site.api.delete(site.path("jobs", name))
    until("its tasks are gone", lambda: not site.tasks(name), timeout=LONG)
    until("its pods are gone", lambda: not site.pods(name), timeout=LONG)


def operator_cpu(site: Site) -> float:
    """Return the processor time of the operator, in seconds."""
    process = site.operator.process
    assert process is not None
    return cpu(process.pid)


def measured(
    site: Site, audit: Audit, body: Object
) -> tuple[Figures, dict[str, Object], list[Object]]:
    """Run a job; return what it cost, its Tasks' statuses, and the writes it took."""
    audit.events()
    before = operator_cpu(site)
    took, statuses = run_job(site, body)
    spent = operator_cpu(site) - before
    events = audit.events()
    tasks = len(statuses)
    figures = {
        "seconds a task": took / tasks,
        "operator's CPU, ms a task": spent / tasks * 1000,
        **writes(site, events, tasks),
    }
    return figures, statuses, events


def writes(site: Site, events: Sequence[Object], tasks: int) -> Figures:
    """Return the writes for each task, by who made them."""
    count: Counter[str] = Counter()
    for event in events:
        user = event["user"]["username"]
        who = (
            "operator"
            if user == site.install.operator_username
            else "runner"
            if user.endswith(f":{site.install.runner_account}")
            else "author"
            if event["objectRef"]["resource"] == "jobs" and event["verb"] == "create"
            else "cluster"
        )
        count[who] += 1
    made = {f"writes of the {who}": count[who] / tasks for who in ("operator", "runner", "cluster")}
    return {"writes": sum(count.values()) / tasks, **made}


def kept_chain(site: Site, audit: Audit, steps: int, name: str) -> Figures:
    """A chain on one runner that is kept: hand-off from the end of a task to the next start."""
    figures, statuses, _ = measured(site, audit, job(name, steps, chain=True, reuse="WithinJob"))
    # The first pays for its runner's start.
    ends = [seconds(statuses[f"t{number}"]["outcome"]["time"]) for number in range(steps)]
    starts = [seconds(statuses[f"t{number}"]["startTime"]) for number in range(steps)]
    handed = [start - end for start, end in zip(starts[1:], ends, strict=False)]
    figures["seconds a step"] = (ends[-1] - ends[0]) / (steps - 1)
    figures["hand-off p50, ms"] = share(handed, 0.5) * 1000
    figures["hand-off p99, ms"] = share(handed, 0.99) * 1000
    del figures["seconds a task"]
    remove_job(site, name)
    return figures


def new_chain(site: Site, audit: Audit, steps: int, name: str) -> Figures:
    """A chain with a new pod for each task: from the report to the create of the next pod."""
    figures, statuses, events = measured(site, audit, job(name, steps, chain=True, reuse="Never"))
    made = {
        event["objectRef"]["name"]: seconds(event["requestReceivedTimestamp"])
        for event in events
        if event["objectRef"]["resource"] == "pods"
        and event["verb"] == "create"
        and "subresource" not in event["objectRef"]
        and "name" in event["objectRef"]
    }
    reports = {
        event["objectRef"]["name"]: seconds(event["stageTimestamp"])
        for event in events
        if event["objectRef"].get("subresource") == "status"
        and event["objectRef"]["resource"] == "tasks"
        and event["user"]["username"].endswith(f":{site.install.runner_account}")
    }
    names = {task["spec"]["key"]: task["metadata"]["name"] for task in site.tasks(name)}
    handed, began = [], []
    for number in range(1, steps):
        status = statuses[f"t{number}"]
        created = made.get(status["podName"])
        reported = reports.get(names[f"t{number - 1}"])
        if created is not None and reported is not None:
            handed.append(created - reported)
            began.append(seconds(status["startTime"]) - created)
    figures["seconds a step"] = figures.pop("seconds a task")
    if handed:
        figures["report to the next pod's create p50, ms"] = share(handed, 0.5) * 1000
        figures["create to the task's start p50, ms"] = share(began, 0.5) * 1000
    remove_job(site, name)
    return figures


def new_fan(site: Site, audit: Audit, width: int, name: str) -> Figures:
    """Tasks all at once, each with a new pod."""
    figures, *_ = measured(site, audit, job(name, width, chain=False, reuse="Never"))
    figures["pods a second"] = 1 / figures.pop("seconds a task")
    remove_job(site, name)
    return figures


# --- together ----------------------------------------------------------------------------------


@contextmanager
def installed() -> Iterator[Site]:
    """Fairlead on the native cluster, which is started if it is not up."""
    cluster = NativeCluster()
    with cluster.running():
        site = make_site(cluster)
        try:
            with site.operating():
                with tempfile.TemporaryDirectory() as folder:
                    program = Path(folder, "nothing.py")
                    program.write_text(PROGRAM)
                    site.publish(program, RELEASE)
                yield site
        finally:
            remove_site(site)


def measure(site: Site, given: argparse.Namespace) -> dict[str, list[Figures]]:
    """Measure everything in interleaved rounds."""
    audit = Audit(site.cluster.audit_log, site.namespace)
    found: dict[str, list[Figures]] = {}
    kinds: dict[str, Callable[[str], Figures]] = {
        "bare pods, chain": lambda _: bare_chain(site, given.steps),
        "new pods, chain": lambda name: new_chain(site, audit, given.steps, f"new-{name}"),
        "kept runner, chain": lambda name: kept_chain(site, audit, given.kept, f"kept-{name}"),
        "bare pods, fan": lambda _: bare_fan(site, given.width),
        "new pods, fan": lambda name: new_fan(site, audit, given.width, f"fan-{name}"),
    }
    for number in range(given.rounds):
        for kind, work in kinds.items():
            figures = work(str(number))
            found.setdefault(kind, []).append(figures)
            print(f"round {number + 1}: {kind}: {shown(figures)}", file=sys.stderr, flush=True)
    return found


def shown(figures: Figures) -> str:
    """Write figures in one line."""
    return ", ".join(f"{name} {digits(value)}" for name, value in figures.items())


def main() -> None:
    """Measure, print, and write a file if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="pods in a chain")
    parser.add_argument("--kept", type=int, default=200, help="tasks in a chain on a kept runner")
    parser.add_argument("--width", type=int, default=20, help="pods in a fan")
    parser.add_argument("--json", type=Path, help="where to write every round's figures")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with installed() as site:
        found = measure(site, given)
    print(f"load before: {load:.1f}; cores: {os.cpu_count()}\n\n{rounds_table(found)}")
    if given.json:
        given.json.write_text(json.dumps({"load": load, "rounds": found}, indent=1))


if __name__ == "__main__":
    main()
