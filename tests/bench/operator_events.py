"""Compare ways to observe 10,000 Tasks: CPU for each event, and memory.

Run it as root on Linux with ``python tests/bench/operator_events.py``: it starts a control
plane of its own without nodes, and takes it down again. Every round measures each way once,
beginning at another one each time; ratios are taken inside each round.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from operator_watch import SETTLE_SECONDS, WAYS  # noqa: E402
from tests.cluster.native.cluster import NativeCluster  # noqa: E402
from tests.site.setup import apply_definitions  # noqa: E402

from fairlead_operator.kube.client import KubeClient  # noqa: E402
from fairlead_operator.kube.config import from_kubeconfig  # noqa: E402
from fairlead_operator.kube.errors import AlreadyExistsError  # noqa: E402
from fairlead_operator.kube.kinds import TASKS, Kind  # noqa: E402

NAMESPACE = "bench"
AT_ONCE = 16
"""How many requests are under way while Tasks are made or changed."""

Sample = dict[str, float]


def task(number: int) -> dict[str, Any]:
    """A Task as a workflow of many equal ones has it, of about 1.5 kB."""
    name = f"squares-square-{number:016x}"
    labels = {"job": "squares", "job-uid": "6c1ed24e-6b40-4d8e-9b1e-0f3a3f3a3f3a"}
    return {
        "apiVersion": TASKS.api_version,
        "kind": "Task",
        "metadata": {
            "name": name,
            "labels": {f"fairlead.dev/{key}": text for key, text in labels.items()}
            | {"fairlead.dev/key": str(number)},
        },
        "spec": {
            "jobName": labels["job"],
            "jobUID": labels["job-uid"],
            "run": 1,
            "key": str(number),
            "id": f"{number:025d}",
            "identifier": "bench.example/Square",
            "version": "v1.0",
            "input": json.dumps({"number": number, "text": "x" * 200}),
        },
    }


async def in_parallel(work: Any, numbers: range) -> None:
    """Call ``work`` for each number, a few at a time."""
    todo = iter(numbers)

    async def worker() -> None:
        for number in todo:
            await work(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())


async def make_tasks(client: KubeClient, tasks: int) -> None:
    """Make the namespace and all Tasks."""
    namespaces = Kind("", "v1", "namespaces", "Namespace", False)

    async def make(number: int) -> None:
        with suppress(AlreadyExistsError):
            await client.create(TASKS, NAMESPACE, task(number))

    with suppress(AlreadyExistsError):
        await client.create(namespaces, None, {"metadata": {"name": NAMESPACE}})
    await in_parallel(make, range(tasks))


async def change_tasks(client: KubeClient, changes: int, mark: str) -> None:
    """Write the status of some Tasks, as a report of progress does."""

    async def change(number: int) -> None:
        name = task(number)["metadata"]["name"]
        await client.patch_status(TASKS, NAMESPACE, name, {"progress": mark})

    await in_parallel(change, range(changes))


class Observing:
    """A process that observes in one way."""

    def __init__(self, way: str, kubeconfig: Path) -> None:
        program = Path(__file__).with_name("operator_watch.py")
        self._process = subprocess.Popen(
            [sys.executable, program, way, str(kubeconfig), NAMESPACE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            text=True,
        )

    def order(self, word: str, number: float = 0) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word} {number}\n")
        self._process.stdin.flush()

    def answer(self) -> Sample:
        """Wait for what that took."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it has ended with {self._process.wait()}")
        found: Sample = json.loads(line)
        return found

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


async def measure(
    client: KubeClient, way: str, kubeconfig: Path, given: argparse.Namespace, mark: str
) -> dict[str, Sample]:
    """Measure one way once."""
    observing = Observing(way, kubeconfig)
    found: dict[str, Sample] = {}
    try:
        for word, number in (("idle", 0.5), ("list", given.tasks), ("change", given.changes)):
            observing.order(word, number)
            if word == "change":
                await change_tasks(client, given.changes, mark)
            found["start" if word == "idle" else word] = await asyncio.to_thread(observing.answer)
        for word, number in (("idle", given.idle), ("compare", 0)):
            observing.order(word, number)
            found[word] = await asyncio.to_thread(observing.answer)
    finally:
        observing.end()
    return found


def row(found: dict[str, Sample], given: argparse.Namespace) -> dict[str, float]:
    """Return the figures of one measurement."""
    listed, changed = found["list"], found["change"]
    return {
        "start MiB": found["start"]["rss"],
        "list us/object": listed["cpu"] / given.tasks * 1e6,
        "list s": listed["wall"],
        "event us": changed["cpu"] / given.changes * 1e6,
        "peak MiB": changed["peak"],
        "then MiB": found["idle"]["rss"],
        "kept KiB/object": (found["idle"]["rss"] - found["start"]["rss"]) * 1024 / given.tasks,
        "idle %": found["idle"]["cpu"] / found["idle"]["wall"] * 100,
        "compare ms": found["compare"]["cpu"] * 1e3,
    }


async def rounds(kubeconfig: Path, given: argparse.Namespace) -> dict[str, list[dict[str, float]]]:
    """Measure every way in every round."""
    ways = list(WAYS)
    figures: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    async with KubeClient(from_kubeconfig(kubeconfig)) as client:
        began = time.monotonic()
        await make_tasks(client, given.tasks)
        print(f"{given.tasks} Tasks made in {time.monotonic() - began:.0f} s", file=sys.stderr)
        for number in range(given.rounds):
            first = number % len(ways)
            for way in ways[first:] + ways[:first]:
                mark = f"{number}/{ways.index(way)}"
                found = row(await measure(client, way, kubeconfig, given, mark), given)
                figures[way].append(found)
                told = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
                print(f"round {number + 1}: {way}: {told}", file=sys.stderr)
    return figures


def table(figures: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    """Yield the lines of a table: medians with least and greatest, and ratios to our own."""
    names = list(figures["own"][0])
    yield "| way | " + " | ".join(names) + " |"
    yield "| --- |" + " --- |" * len(names)
    for way, samples in figures.items():
        cells = [_cell([sample[name] for sample in samples]) for name in names]
        yield f"| {way} | " + " | ".join(cells) + " |"
    for way, samples in figures.items():
        if way == "own":
            continue
        pairs = list(zip(samples, figures["own"], strict=True))
        cells = [_cell([a[name] / b[name] if b[name] else 0 for a, b in pairs]) for name in names]
        yield f"| {way} : own | " + " | ".join(cells) + " |"


def _cell(values: list[float]) -> str:
    return f"{median(values):.3g} ({min(values):.3g}-{max(values):.3g})"


@contextmanager
def control_plane() -> Iterator[Path]:
    """A control plane of our own with our definitions; its kubeconfig."""
    cluster = NativeCluster("bench", nodes=0)
    cluster.check()
    with cluster.running():
        apply_definitions(cluster)
        yield cluster.kubeconfig


def main() -> None:
    """Measure, and print the table; ``--json`` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--changes", type=int, default=2_000, help="status writes a measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of rest")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    given = parser.parse_args()
    with control_plane() as kubeconfig:
        figures = asyncio.run(rounds(kubeconfig, given))
    if given.json:
        given.json.write_text(json.dumps({"settle": SETTLE_SECONDS, "figures": figures}, indent=1))
    print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
