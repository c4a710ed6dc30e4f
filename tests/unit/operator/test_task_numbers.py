"""Jobs, tasks, attempts and runners as Prometheus reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.cluster.fixtures import cannot
from tests.cluster.prometheus import promtool
from tests.cluster.prometheus_package import find
from tests.cluster.shell import UnsupportedError

from fairlead_operator.exposition import Exposition
from fairlead_operator.identifiers import OTHER, Identifiers
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.metrics import Metrics, Ready, Usage
from fairlead_operator.observe.freshness import Freshness


class Known:
    """A census that was given."""

    def __init__(self, tasks: Mapping[tuple[str, str], int]) -> None:
        self._tasks = tasks

    def jobs(self) -> Mapping[str, int]:
        return {"Running": 2}

    def tasks(self) -> Iterator[tuple[str, str, str, int]]:
        for (state, identifier), number in self._tasks.items():
            yield state, identifier, "small", number

    def ready(self) -> Mapping[str, Ready]:
        return {"small": Ready(3, 7.5)}

    def runners(self) -> Mapping[tuple[str, str], int]:
        return {("busy", "small"): 4, ("pending", "large"): 1}

    def limits(self) -> Mapping[str, int]:
        return {"small": 10, "huge": 1}


LABELS = ("outcome", "state", "identifier", "size", "le")
"""The order in which labels' values stand in these tests."""

Numbers = dict[tuple[str, tuple[str, ...]], float]


def exposition(metrics: Metrics, *, acting: bool = True) -> Exposition:
    return Exposition(metrics, RequestCounts(), Freshness(), lambda: acting)


def numbers(metrics: Metrics, *, acting: bool = True) -> Numbers:
    """Return all samples by name and labels' values."""
    text = exposition(metrics, acting=acting).text().decode()
    return {
        (sample.name, tuple(sample.labels[name] for name in LABELS if name in sample.labels)): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def used(identifiers: Identifiers | None = None) -> Metrics:
    metrics = Metrics(identifiers)
    metrics.census = Known({("Queued", "a/A"): 5, ("Running", "a/A"): 1})
    metrics.task_started("a/A", "small", 0.02)
    metrics.attempt_ended("OutOfMemory", "a/A", "small")
    metrics.attempt_measured("a/A", "small", Usage(7_200_000, 3_500, 100 * 2**20))
    metrics.task_ended("a/A", "small", 86_400.0)
    return metrics


def test_counts_begin_at_0_once_there_are_tasks() -> None:
    """Else the first of each would not be seen to have happened."""
    metrics = Metrics()
    metrics.census = Known({("Queued", "b/B"): 1})
    before = numbers(metrics)
    kind = ("b/B", "small")
    assert before["fairlead_attempts_total", ("Succeeded", *kind)] == 0
    assert before["fairlead_attempts_total", ("Disrupted", *kind)] == 0
    assert before["fairlead_attempts_total", ("Cancelled", *kind)] == 0
    for name in ("start_seconds", "total_seconds", "run_seconds", "peak_memory_bytes"):
        assert before[f"fairlead_task_{name}_count", kind] == 0
    metrics.attempt_ended("Disrupted", *kind)
    assert numbers(metrics)["fairlead_attempts_total", ("Disrupted", *kind)] == 1


def test_everything_is_told_of_the_process_that_acts() -> None:
    found = numbers(used())
    kind = ("a/A", "small")
    expected = {
        ("fairlead_jobs", ("Running",)): 2,
        ("fairlead_jobs", ("Failed",)): 0,
        ("fairlead_tasks", ("Queued", *kind)): 5,
        ("fairlead_ready_tasks", ("small",)): 3,
        ("fairlead_ready_oldest_seconds", ("small",)): 7.5,
        ("fairlead_runners", ("busy", "small")): 4,
        ("fairlead_runners", ("idle", "small")): 0,
        ("fairlead_runners", ("pending", "large")): 1,
        ("fairlead_runners", ("pending", "huge")): 0,
        ("fairlead_runner_limit", ("huge",)): 1,
        ("fairlead_attempts_total", ("OutOfMemory", *kind)): 1,
        ("fairlead_task_start_seconds_bucket", (*kind, "0.01")): 0,
        ("fairlead_task_start_seconds_bucket", (*kind, "0.03")): 1,
        ("fairlead_task_start_seconds_count", kind): 1,
        ("fairlead_task_run_seconds_bucket", (*kind, "3600.0")): 0,
        ("fairlead_task_run_seconds_bucket", (*kind, "10800.0")): 1,
        ("fairlead_task_cpu_seconds_sum", kind): 3.5,
        ("fairlead_task_peak_memory_bytes_bucket", (*kind, "67108864.0")): 0,
        ("fairlead_task_peak_memory_bytes_bucket", (*kind, "134217728.0")): 1,
        ("fairlead_task_total_seconds_bucket", (*kind, "43200.0")): 0,
        ("fairlead_task_total_seconds_bucket", (*kind, "+Inf")): 1,
    }
    assert {key: found.get(key) for key in expected} == expected


def test_a_standby_tells_of_no_job_task_or_runner() -> None:
    metrics = Metrics()
    metrics.census = Known({("Queued", "a/A"): 5})
    names = {name for name, _ in numbers(metrics, acting=False)}
    assert not {name for name in names if not name.startswith(("fairlead_operator_", "process_"))}
    assert "fairlead_operator_leader" in names


def test_further_identifiers_are_other_and_no_sum_changes() -> None:
    metrics = Metrics(Identifiers(most=2))
    for name in "abcd":
        metrics.attempt_ended("Succeeded", name, "small")
        metrics.task_started(name, "small", 1.0)
    metrics.census = Known({("Queued", "d"): 7, ("Queued", "c"): 2, ("Queued", "a"): 1})
    found = numbers(metrics)
    assert found["fairlead_attempts_total", ("Succeeded", OTHER, "small")] == 2
    assert found["fairlead_attempts_total", ("Succeeded", "b", "small")] == 1
    assert found["fairlead_tasks", ("Queued", OTHER, "small")] == 9
    assert found["fairlead_task_start_seconds_count", (OTHER, "small")] == 2


def test_an_identifier_gives_its_place_away_when_nobody_has_used_it_for_long() -> None:
    now = [0.0]
    metrics = Metrics(Identifiers(most=2, idle_seconds=60.0, clock=lambda: now[0]))
    metrics.census = Known({("Queued", "b"): 1, ("Queued", "c"): 4})
    for name in ("a", "b", "c"):
        metrics.attempt_ended("Succeeded", name, "small")
    now[0] = 59.0
    assert numbers(metrics)["fairlead_tasks", ("Queued", OTHER, "small")] == 4
    now[0] = 61.0
    # Nobody has used a for a minute; b was among the tasks just now.
    found = numbers(metrics)
    assert found["fairlead_tasks", ("Queued", "c", "small")] == 4
    assert found["fairlead_tasks", ("Queued", "b", "small")] == 1
    assert ("fairlead_tasks", ("Queued", OTHER, "small")) not in found
    assert ("fairlead_attempts_total", ("Succeeded", "a", "small")) not in found
    # What was counted as other before stays so; from now on it counts under its own name.
    metrics.attempt_ended("Succeeded", "c", "small")
    metrics.attempt_ended("Succeeded", "a", "small")
    found = numbers(metrics)
    assert found["fairlead_attempts_total", ("Succeeded", OTHER, "small")] == 2
    assert found["fairlead_attempts_total", ("Succeeded", "c", "small")] == 1


def test_promtool_finds_no_fault() -> None:
    try:
        find("promtool")
    except UnsupportedError as reason:
        cannot(reason)
    assert promtool("check", "metrics", feed=exposition(used()).text().decode()) == ""


def test_others_go_on_while_numbers_are_written() -> None:
    metrics = used()
    told = exposition(metrics)

    async def scrape() -> tuple[bytes, int]:
        turns = 0

        async def go_on() -> None:
            nonlocal turns
            while True:
                turns += 1
                metrics.attempt_ended("Succeeded", f"a/{turns}", "small")
                await asyncio.sleep(0)

        other = asyncio.create_task(go_on())
        text = await told.text_in_steps()
        other.cancel()
        return text, turns

    text, turns = asyncio.run(scrape())
    names = {family.name for family in text_string_to_metric_families(text.decode())}
    whole = {family.name for family in text_string_to_metric_families(told.text().decode())}
    assert names == whole
    assert turns >= len(names)


@pytest.mark.parametrize("identifier", ['say "hello"', "line\nbreak", "back\\slash", "größe/Ä"])
def test_an_identifier_may_hold_anything(identifier: str) -> None:
    metrics = Metrics()
    metrics.attempt_ended("Succeeded", identifier, "small")
    assert numbers(metrics)["fairlead_attempts_total", ("Succeeded", identifier, "small")] == 1
