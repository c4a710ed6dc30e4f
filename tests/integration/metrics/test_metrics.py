"""What a real Prometheus knows of a real job adds up to what its Tasks say themselves.

Each test asks for the stage of the job's life that it needs, and asks Prometheus about the
moment at which the job was there.
"""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.cluster.kubeapi import until
from tests.cluster.prometheus import promtool
from tests.site.fixtures import Site

from .conftest import BURNT, CHILDREN, HELD, LONG, MIB, Scraped

TASKS = 6 + CHILDREN
EVER = "max_over_time({}[1h:1s])"


def test_what_runs_is_seen_while_it_runs(behind_the_gate: Scraped) -> None:
    seen = behind_the_gate
    states = seen.by("state", "fairlead_tasks")
    assert states == {
        "Running": CHILDREN,
        "Computed": 1,
        "Completed": 3,
        "FailedOptional": 2,
    }
    assert seen.by("identifier", 'fairlead_tasks{state="Running"}') == {"Child": CHILDREN}
    assert seen.by("size", 'fairlead_tasks{identifier="Hold"}') == {"medium": 1}
    assert seen.value('fairlead_jobs{state="Running"}') == 1
    assert seen.value('sum(fairlead_runners{state="busy"})') == CHILDREN
    assert seen.value("fairlead_operator_leader") == 1


def test_runners_and_tasks_were_seen_to_wait(behind_the_gate: Scraped) -> None:
    value = behind_the_gate.value
    assert value(EVER.format('sum(fairlead_runners{state="pending"})')) >= 1
    assert value(EVER.format("sum(fairlead_ready_tasks)")) >= 1
    assert value(EVER.format("max(fairlead_ready_oldest_seconds)")) > 0
    # The one that has grown out of small, or that has medium tasks no more, waits for work.
    assert value('sum(fairlead_runners{state="idle"})') >= 1
    assert value("sum(fairlead_ready_tasks)") == 0


def test_promtool_finds_no_fault_with_what_a_busy_operator_tells(behind_the_gate: Scraped) -> None:
    assert promtool("check", "metrics", feed=behind_the_gate.text) == ""


def test_every_attempt_is_counted_once(ended: Scraped) -> None:
    attempts = ended.attempts()
    assert ended.by("outcome", "fairlead_attempts_total") == attempts
    assert attempts["Error"] == 1
    assert attempts["Timeout"] == 1
    assert attempts["OutOfMemory"] == 1
    assert attempts["Succeeded"] == TASKS - 2
    assert ended.by("identifier", 'fairlead_attempts_total{outcome="OutOfMemory"}') == {"Greedy": 1}
    begun = ended.value("sum(fairlead_task_start_seconds_count)")
    assert begun == sum(attempts.values()) - attempts["NeverStarted"] - attempts["Released"]
    assert ended.value("sum(fairlead_task_total_seconds_count)") == TASKS
    wholly = ended.value('sum(fairlead_task_total_seconds_bucket{le="+Inf"})')
    assert wholly == TASKS


def test_what_runners_measured_is_all_there(ended: Scraped) -> None:
    usages = ended.usages()
    assert len(usages) == sum(ended.attempts().values())
    for name, field, unit in (
        ("fairlead_task_run_seconds", "wallMilliseconds", 1000),
        ("fairlead_task_cpu_seconds", "cpuMilliseconds", 1000),
        ("fairlead_task_peak_memory_bytes", "peakMemoryBytes", 1),
    ):
        assert ended.value(f"sum({name}_count)") == len(usages)
        told = sum(usage[field] for usage in usages) / unit
        assert ended.value(f"sum({name}_sum)") == pytest.approx(told)


def test_what_was_measured_is_plausible(ended: Scraped) -> None:
    def told(name: str, identifier: str) -> float:
        return ended.value(f'sum({name}_sum{{identifier="{identifier}"}})')

    cpu, wall, memory = (
        "fairlead_task_cpu_seconds",
        "fairlead_task_run_seconds",
        "fairlead_task_peak_memory_bytes",
    )
    assert told(cpu, "Burn") >= BURNT
    assert told(wall, "Burn") >= BURNT
    # It was killed for its time, and slept until then.
    assert told(wall, "Sleepy") >= 2
    assert told(cpu, "Sleepy") < told(wall, "Sleepy")
    assert told(memory, "Hold") > HELD
    # It had taken nearly all that its pod has.
    assert told(memory, "Greedy") > 100 * MIB
    assert 0 < told(memory, "Burn") < 192 * MIB


def test_no_task_of_a_job_that_has_ended_is_there(ended: Scraped) -> None:
    assert ended.value("sum(fairlead_tasks)") == 0
    assert ended.value('fairlead_jobs{state="Completed"}') == 1
    assert ended.value('sum(fairlead_runners{state="busy"})') == 0


def test_an_operator_that_starts_again_counts_nothing_of_what_was(ended: Scraped) -> None:
    site: Site = ended.site
    site.operator.restart()

    def leads() -> bool:
        return _value(site, "fairlead_operator_leader") == 1

    until("the operator leads again", leads, timeout=LONG)
    assert _value(site, "fairlead_attempts_total") == 0
    assert _value(site, "fairlead_task_start_seconds_count") == 0
    assert _value(site, "fairlead_task_cpu_seconds_count") == 0
    until("jobs are there again", lambda: _value(site, "fairlead_jobs") == 1, timeout=LONG)


def _value(site: Site, name: str) -> float:
    """Return the sum of all samples of a name, as the operator tells them now."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(site.operator.metrics())
        for sample in family.samples
        if sample.name == name
    )
