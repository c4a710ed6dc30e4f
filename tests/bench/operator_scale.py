"""What the operator makes of a control plane: one pod for each task, on fake nodes.

Run it as root on Linux with ``python tests/bench/operator_scale.py``: it starts a control plane
of its own with 50 fake nodes, and takes it down again.  Jobs run through the real operator,
beside a bare loop that makes the same writes with as many requests under way.  Then one large
job is set against small ones.  All clients are the cluster's administrator and the fence is
not installed, so its policies cost nothing here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import fake_runners  # noqa: E402
from benchlib.audit import Audit  # noqa: E402
from benchlib.cluster import JOB_BYTES, PAGE, RATIO, document  # noqa: E402
from benchlib.docs import CLUSTER, write_between  # noqa: E402
from benchlib.processes import cpu, memory  # noqa: E402
from benchlib.record import describe_machine  # noqa: E402
from scale_objects import ACCOUNT, IMAGE, Object, release, size  # noqa: E402
from scale_work import AT_ONCE, BARE, OPERATED, BareLoop, remove, run_job  # noqa: E402
from tests.cluster.native.cluster import NativeCluster  # noqa: E402
from tests.cluster.provider import Cluster  # noqa: E402
from tests.site.process import LocalOperator  # noqa: E402
from tests.site.setup import apply_definitions  # noqa: E402

from fairlead.api import labels  # noqa: E402
from fairlead_operator.kube.client import AGENT, KubeClient  # noqa: E402
from fairlead_operator.kube.config import from_kubeconfig  # noqa: E402
from fairlead_operator.kube.kinds import (  # noqa: E402
    ACCOUNTS,
    JOBS,
    PODS,
    RELEASES,
    SIZES,
    TASKS,
    Kind,
)

AUTHOR = "bench-author"
LOOP = "bench-loop"
"""How the audit log knows who submits jobs, and the bare loop."""

LISTED = 500
"""The most tasks in a Job's list; a job of more is an open one, whose Tasks its author makes."""

FAKE_NODES = 50

Figures = dict[str, float]


# --- figures ---------------------------------------------------------------------------------


_WRITERS = {
    AGENT: "operator",
    LOOP: "loop",
    fake_runners.AGENT: "runner",
    AUTHOR: "author",
}


def writes(events: Sequence[Object], tasks: int) -> Figures:
    """Return the writes for each task in all, and of each who made any."""
    counts = dict.fromkeys(("operator", "loop", "runner", "author", "cluster"), 0)
    for event in events:
        counts[_WRITERS.get(event.get("userAgent", ""), "cluster")] += 1
    shares = {f"writes of the {who}": count / tasks for who, count in counts.items() if count}
    return {"writes": sum(counts.values()) / tasks, **shares}


async def sizes_of(client: KubeClient, name: str) -> Figures:
    """Return how large the objects of a job are, in bytes of JSON without white space."""
    most: Figures = {"Job": 0, "Task": 0, "Task without values": 0, "pod": 0}
    most["Job"] = length(await client.get(JOBS, OPERATED, name))
    for kind, word in ((TASKS, "Task"), (PODS, "pod")):
        async for page in client.pages(kind, OPERATED, labels=f"{labels.JOB}={name}"):
            for item in page.items:
                most[word] = max(most[word], length(item))
                if kind is TASKS:
                    bare = length(without_values(item))
                    most["Task without values"] = max(most["Task without values"], bare)
    return most


def length(item: Mapping[str, Any]) -> int:
    """Return how many bytes an object has."""
    return len(json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode())


def without_values(item: Object) -> Object:
    """Return a Task without its input and its result."""
    spec = {name: value for name, value in item["spec"].items() if name != "input"}
    status = {name: value for name, value in item["status"].items() if name != "result"}
    return {**item, "spec": spec, "status": status}


class Bench:
    """Measures; everything is up."""

    def __init__(
        self, cluster: Cluster, author: KubeClient, loop: KubeClient, operator: LocalOperator
    ) -> None:
        self._author = author
        self._loop = BareLoop(loop)
        self._loop_client = loop
        assert operator.process is not None
        self._operator = operator.process.pid
        self._audits = {place: Audit(cluster.audit_log, place) for place in (OPERATED, BARE)}

    async def bare(self, name: str, tasks: int) -> Figures:
        """Measure the bare loop once."""
        await self._events(BARE)
        took = await self._loop.run(name, tasks)
        figures = {"tasks a second": tasks / took, **writes(await self._events(BARE), tasks)}
        await remove(self._loop_client, BARE, name)
        return figures

    async def operated(
        self, name: str, tasks: int, *, is_open: bool = False, keep: bool = False
    ) -> Figures:
        """Measure a job once."""
        await self._events(OPERATED)
        before = cpu(self._operator)
        took = await run_job(self._author, name, tasks, is_open=is_open)
        events = await self._events(OPERATED)
        spent = cpu(self._operator) - before
        figures = {
            "tasks a second": tasks / took,
            "operator's CPU, ms a task": spent / tasks * 1000,
            "operator's memory, MiB": memory(self._operator, "VmRSS"),
            "operator's peak, MiB": memory(self._operator, "VmHWM"),
            **writes(events, tasks),
            JOB_BYTES: length(await self._author.get(JOBS, OPERATED, name)),
        }
        if not keep:
            await remove(self._author, OPERATED, name)
        return figures

    async def round(self, number: int, tasks: int) -> dict[str, Figures]:
        """Measure both, beginning with the other one each time."""
        kinds = {"bare loop": self.bare, "operator": self.operated}
        order = list(kinds) if number % 2 == 0 else list(reversed(kinds))
        found = {kind: await kinds[kind](f"round-{number}", tasks) for kind in order}
        found["operator"][RATIO] = (
            found["operator"]["tasks a second"] / found["bare loop"]["tasks a second"]
        )
        return found

    async def large(self, tasks: int, small: int) -> dict[str, Any]:
        """Measure one large job between two small ones."""
        found: dict[str, Any] = {"tasks": tasks, "small tasks": small, "small": []}
        found["small"].append(await self.operated("small-1", small, is_open=True))
        found["large"] = await self.operated("large", tasks, is_open=True, keep=True)
        found["bytes"] = await sizes_of(self._author, "large")
        found["small"].append(await self.operated("small-2", small, is_open=True))
        return found

    async def _events(self, place: str) -> list[Object]:
        return await asyncio.to_thread(self._audits[place].events)


# --- together ----------------------------------------------------------------------------------


@contextmanager
def control_plane() -> Iterator[Cluster]:
    """A control plane of our own with fake nodes and our definitions."""
    cluster = NativeCluster("bench-scale", nodes=0, fake_nodes=FAKE_NODES)
    cluster.check()
    with cluster.running():
        apply_definitions(cluster)
        yield cluster


async def furnish(client: KubeClient) -> None:
    """Make what jobs need: namespaces, a size, and in each an account and a Release."""
    namespaces = Kind("", "v1", "namespaces", "Namespace", False)
    await client.create(SIZES, None, size())
    for place in (OPERATED, BARE):
        await client.create(namespaces, None, {"metadata": {"name": place}})
        await client.create(ACCOUNTS, place, {"metadata": {"name": ACCOUNT}})
        await client.create(RELEASES, place, release())


@contextmanager
def runners(kubeconfig: Path) -> Iterator[None]:
    """The process that plays the runners."""
    program = Path(__file__).with_name("fake_runners.py")
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", sys.executable, str(program), str(kubeconfig)],
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit(f"the runners' process has ended with {process.wait()}")
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def operating(kubeconfig: Path) -> Iterator[LocalOperator]:
    """The operator as a process of this machine."""
    settings = {
        "KUBECONFIG": str(kubeconfig),
        "FAIRLEAD_OPERATOR_WATCH": OPERATED,
        "FAIRLEAD_OPERATOR_REQUESTS": str(AT_ONCE),
        # Nobody starts it again where a busy machine keeps it from renewing its lease in time.
        "FAIRLEAD_OPERATOR_LEASE_SECONDS": "90",
        "FAIRLEAD_RUNNER_IMAGE": IMAGE,
    }
    with tempfile.TemporaryDirectory() as folder:
        operator = LocalOperator(settings, Path(folder))
        try:
            operator.start()
            yield operator
        except BaseException:
            print(operator.said(4000), file=sys.stderr)
            raise
        finally:
            operator.stop()


async def measure(cluster: Cluster, given: argparse.Namespace, found: Object) -> None:
    """Measure everything, noting each figure as soon as it is there."""
    config = from_kubeconfig(cluster.kubeconfig)
    async with (
        KubeClient(config, agent=AUTHOR, most_requests=AT_ONCE) as author,
        KubeClient(config, agent=LOOP, most_requests=AT_ONCE) as loop,
    ):
        await furnish(author)
        with runners(cluster.kubeconfig), operating(cluster.kubeconfig) as operator:
            bench = Bench(cluster, author, loop, operator)
            for warm_up in (bench.bare, bench.operated):
                await warm_up("warm-up", min(given.tasks, 100))
            for number in range(given.rounds):
                found["rounds"].append(await bench.round(number, given.tasks))
                print(f"round {number + 1}: {found['rounds'][-1]}", file=sys.stderr, flush=True)
            if given.large:
                found["large"] = await bench.large(given.large, given.small)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", type=int, default=400, help="tasks of a job of a round")
    parser.add_argument("--large", type=int, default=5000, help="tasks of the large job; 0: none")
    parser.add_argument("--small", type=int, default=500, help="tasks of the jobs beside it")
    parser.add_argument("--json", type=Path, help="where to write all figures")
    parser.add_argument("--from-json", type=Path, help="do not measure; show what was written")
    parser.add_argument("--handoff", type=Path, help="what cluster_handoff.py has written")
    parser.add_argument("--docs", action="store_true", help=f"put the tables into {PAGE.name}")
    given = parser.parse_args()
    if not 0 < given.tasks <= LISTED:
        parser.error(f"--tasks takes 1 to {LISTED}: more do not fit into a Job's list")
    return given


def measured(given: argparse.Namespace) -> Object:
    """Measure, or read what was measured before."""
    if given.from_json:
        read: Object = json.loads(given.from_json.read_text())
        return read
    command = " ".join(
        f"--{name} {getattr(given, name)}" for name in ("rounds", "tasks", "large", "small")
    )
    found: Object = {
        "command": f"python tests/bench/operator_scale.py {command}",
        "machine": describe_machine(Path(tempfile.gettempdir())),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "tasks": given.tasks,
        "rounds": [],
        "large": None,
    }
    began = time.monotonic()
    try:
        with control_plane() as cluster:
            asyncio.run(measure(cluster, given, found))
    finally:  # An interrupted run keeps its rounds.
        found["seconds"] = time.monotonic() - began
        if given.json:
            given.json.parent.mkdir(parents=True, exist_ok=True)
            given.json.write_text(json.dumps(found, indent=1))
    return found


def main() -> None:
    """Measure, print, and write where that is asked for."""
    given = arguments()
    found = measured(given)
    handoff = json.loads(given.handoff.read_text()) if given.handoff else None
    tables = document(found, handoff)
    print(tables)
    if given.docs:
        write_between(PAGE, tables, CLUSTER)


if __name__ == "__main__":
    main()
