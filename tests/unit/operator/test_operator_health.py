"""The operator's numbers, and what it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fairlead_operator.exposition import Exposition
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.metrics import Distribution, Metrics
from fairlead_operator.observe.freshness import Freshness


def test_a_distribution_counts_between_bounds() -> None:
    found = Distribution((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.0, 7.0):
        found.add(seconds)
    assert found.counts == [2, 2, 1]
    assert found.sum == pytest.approx(8.65)


def numbers(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_numbers_are_written_as_prometheus_reads_them() -> None:
    metrics, counts, now = Metrics(), RequestCounts(), [0.0]
    freshness = Freshness(lambda: now[0])
    for source in ("tasks/a", "tasks/b", "pods"):
        freshness.expect(source)
    now[0] = 7.0
    freshness.heard("tasks/a")
    metrics.reconciled(0.002)
    metrics.lagged(0.5)
    metrics.event_seen("tasks", "ADDED")
    metrics.queue_length = lambda: 3
    counts.add("patch", "tasks.fairlead.dev/status", "200", 0.25)
    counts.add("patch", "tasks.fairlead.dev/status", "429", 0.25)
    counts.add("watch", "pods", "200")
    exposition = Exposition(metrics, counts, freshness, lambda: True)
    found = numbers(exposition.text())
    status = ("resource", "tasks.fairlead.dev/status")
    expected = {
        ("fairlead_operator_reconcile_seconds_sum", ()): 0.002,
        ("fairlead_operator_event_loop_lag_seconds_sum", ()): 0.5,
        ("fairlead_operator_events_total", (("kind", "tasks"), ("type", "ADDED"))): 1,
        ("fairlead_operator_queue_length", ()): 3,
        ("fairlead_operator_leader", ()): 1,
        ("fairlead_operator_watch_age_seconds", (("kind", "tasks"),)): 7,
        (
            "fairlead_operator_api_requests_total",
            (("code", "429"), status, ("verb", "patch")),
        ): 1,
        ("fairlead_operator_api_request_seconds_count", (status, ("verb", "patch"))): 2,
        ("fairlead_operator_api_request_seconds_sum", (status, ("verb", "patch"))): 0.5,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert any(name == "process_resident_memory_bytes" for name, _ in found)
    assert exposition.text()


HEAVY = ("kopf", "kubernetes", "prometheus_client", "pydantic", "yaml", "typer", "rich", "sqlite3")


def test_an_operator_loads_only_what_it_needs() -> None:
    """Each of these costs megabytes, of which it may use 60 when idle."""
    program = (
        "import sys, fairlead_operator.__main__ as m; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
