"""What attempts take is measured, however they end."""

from __future__ import annotations

from pathlib import Path

import pytest
from pool_bench import Bench, eventually

from fairlead.sdk.attempt import AttemptOutcome, AttemptUsage, OutcomeKind

MIB = 2**20


@pytest.fixture
def bench(make_bench) -> Bench:
    """A pool whose owner wants to know what attempts take."""
    return make_bench(measures=True)


def took(outcome: AttemptOutcome) -> AttemptUsage:
    assert outcome.usage is not None
    return outcome.usage


def test_cpu_and_time_are_those_of_the_attempt_alone(bench: Bench) -> None:
    burnt = took(bench.run("burn", 0.3))
    assert burnt.cpu >= 0.3
    assert burnt.wall >= 0.3
    for _ in range(4):  # whichever worker it was has run one of these
        idle = took(bench.run("sleep", 0.01))
        assert idle.cpu < burnt.cpu
        assert idle.wall >= 0.01


def test_a_child_that_was_waited_for_counts(bench: Bench) -> None:
    assert took(bench.run("burn_in_child", 0.3)).cpu >= 0.3


def test_the_peak_of_memory_is_seen_though_it_was_given_back(bench: Bench) -> None:
    before = took(bench.run("sleep", 0)).memory
    peak = took(bench.run("hold", 200 * MIB)).memory
    assert 5 * MIB < before < 190 * MIB
    assert 200 * MIB < peak < 900 * MIB


def test_a_failure_is_measured_too(bench: Bench) -> None:
    outcome = bench.run("leave", 3)
    assert outcome.kind is OutcomeKind.CRASHED
    assert took(outcome).memory > 5 * MIB


def test_what_a_killed_attempt_and_its_children_took_is_known(bench: Bench, tmp_path: Path) -> None:
    said = tmp_path / "burnt"
    ticket = bench.submit("burn_and_hang", [str(said), 0.3])
    eventually(said.exists)
    bench.pool.kill(ticket, OutcomeKind.TIMEOUT)
    (outcome,) = bench.events.wait(ticket)
    assert outcome.kind is OutcomeKind.TIMEOUT
    assert took(outcome).cpu >= 0.6
    assert took(outcome).wall >= 0.6
    assert took(outcome).memory > 5 * MIB


def test_an_attempt_that_never_began_took_nothing(bench: Bench) -> None:
    running = [bench.submit("sleep", 300) for _ in range(2)]
    waiting = bench.submit("sleep", 300)
    bench.pool.kill(waiting, OutcomeKind.LOST)
    (outcome,) = bench.events.wait(waiting)
    assert (outcome.kind, outcome.usage) == (OutcomeKind.RELEASED, None)
    for ticket in running:
        bench.pool.kill(ticket, OutcomeKind.LOST)


def test_nobody_who_does_not_ask_pays_for_it(make_bench) -> None:
    assert make_bench().run("burn", 0.01).usage is None
