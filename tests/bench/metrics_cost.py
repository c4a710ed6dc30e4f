"""What counting costs the operator: CPU and memory for each Task, and one scrape.

Run ``python tests/bench/metrics_cost.py``, with another checkout's ``operator`` and ``src`` on
``PYTHONPATH`` to measure that one.  It tells a dispatcher of Tasks as a watch does, from their
creation to their end; nothing is driven, so that all else which the operator does is left out.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from typing import Any

from fairlead.api import labels
from fairlead_operator.dispatcher import Dispatcher
from fairlead_operator.exposition import Exposition
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.kube.kinds import SIZES, TASKS
from fairlead_operator.metrics import Metrics
from fairlead_operator.observe.event import Event
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.settings import RunnerSettings, Settings

TASKS_OF_A_JOB = 10_000
NOW = 1_800_000_000.0
POD = {"podName": "squares-a1", "attempt": 1, "size": "small", "release": "r"}
OUTCOME = {
    "kind": "Succeeded",
    "attempt": 1,
    "podUID": "p",
    "time": "2027-01-15T08:00:03Z",
    "version": "v1.0",
    "usage": {"wallMilliseconds": 1200, "cpuMilliseconds": 900, "peakMemoryBytes": 98_000_000},
}
LIFE: tuple[dict[str, Any], ...] = (
    {"state": "Queued"},
    {"state": "Running", **POD, "assignTime": "2027-01-15T08:00:01Z"},
    {"state": "Running", **POD, "startTime": "2027-01-15T08:00:02Z"},
    {
        "state": "Completed",
        **POD,
        "startTime": "2027-01-15T08:00:02Z",
        "outcome": OUTCOME,
        "result": "1",
    },
)


def raw(number: int, status: dict[str, Any], version: int) -> dict[str, Any]:
    """Return a Task as a watch tells it: read from JSON, nothing shared."""
    job = {labels.JOB: "squares", labels.JOB_UID: "job-uid"}
    task = {
        "metadata": {
            "name": f"squares-square-{number:016x}",
            "namespace": "bench",
            "uid": f"{number:032x}",
            "resourceVersion": str(version),
            "creationTimestamp": "2027-01-15T08:00:00Z",
            "labels": job,
        },
        "spec": {
            "jobName": "squares",
            "jobUID": "job-uid",
            "run": 1,
            "key": str(number),
            "id": f"{number:025d}",
            "identifier": f"bench.example/Square{number % 5}",
            "version": "v1.0",
        },
        "status": status,
    }
    found: dict[str, Any] = json.loads(json.dumps(task))
    return found


def dispatcher(metrics: Metrics) -> Dispatcher:
    """Return a dispatcher that acts, and drives nothing."""
    client: Any = None
    made = Dispatcher(
        client, Settings(RunnerSettings(image="i", account="a")), metrics, now=lambda: NOW
    )
    made.emit(Event(SIZES, "ADDED", {"metadata": {"name": "small"}, "spec": {}}))
    if hasattr(made, "_tally"):
        made._tally.acting = True
    return made


def cpu_of(events: list[list[Event]]) -> float:
    """Return the microseconds of CPU that the whole life of a Task takes."""
    told = dispatcher(Metrics())
    gc.collect()
    began = time.process_time()
    for step in events:
        for event in step:
            told.emit(event)
    return (time.process_time() - began) / TASKS_OF_A_JOB * 1e6


def memory_of(events: list[list[Event]], until: int) -> float:
    """Return the bytes that are kept for a Task after so many steps of its life."""
    told = dispatcher(Metrics())
    gc.collect()
    tracemalloc.start()
    for step in events[:until]:
        for event in step:
            told.emit(event)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return kept / TASKS_OF_A_JOB


def scrape(events: list[list[Event]]) -> tuple[float, int]:
    """Return the milliseconds of CPU that one scrape takes, and how many bytes it has."""
    metrics = Metrics()
    told = dispatcher(metrics)
    for step in events:
        for event in step:
            told.emit(event)
    exposition = Exposition(metrics, RequestCounts(), Freshness(), lambda: True)
    exposition.text()
    began = time.process_time()
    size = len(exposition.text())
    return (time.process_time() - began) * 1e3, size


def main() -> None:
    """Measure, and print one line of JSON."""
    events = [
        [
            Event(TASKS, "MODIFIED", raw(number, status, step * TASKS_OF_A_JOB + number + 1))
            for number in range(TASKS_OF_A_JOB)
        ]
        for step, status in enumerate(LIFE)
    ]
    milliseconds, size = scrape(events)
    found = {
        "cpu_us_per_task": round(min(cpu_of(events) for _ in range(5)), 1),
        "bytes_per_queued_task": round(memory_of(events, 1)),
        "bytes_per_ended_task": round(memory_of(events, 4)),
        "scrape_ms": round(milliseconds, 1),
        "scrape_bytes": size,
    }
    json.dump(found, sys.stdout)
    print()


if __name__ == "__main__":
    main()
