"""Whatever a task does to its process fails that attempt alone, and says why."""

from __future__ import annotations

import os
import signal

import pytest
from pool_bench import Bench, eventually

from fairlead.sdk.attempt import OutcomeKind

MIB = 2**20


@pytest.mark.parametrize(
    ("task", "value", "kind", "name", "words"),
    [
        ("leave", 3, OutcomeKind.CRASHED, "WorkerExited", "exit code 3"),
        ("leave", 0, OutcomeKind.CRASHED, "WorkerExited", "exit code 0"),
        ("sys_exit", 5, OutcomeKind.CRASHED, "SystemExit", "sys.exit(5)"),
        ("close_everything", None, OutcomeKind.CRASHED, "WorkerCutOff", "not its own"),
        ("segfault", None, OutcomeKind.CRASHED, "WorkerKilled", "SIGSEGV"),
        ("overflow_stack", None, OutcomeKind.CRASHED, "WorkerKilled", "deeper than the stack"),
        ("kill_self", signal.SIGKILL, OutcomeKind.CRASHED, "WorkerKilled", "SIGKILL"),
        ("kill_self", signal.SIGABRT, OutcomeKind.CRASHED, "WorkerKilled", "SIGABRT"),
        ("kill_self", 40, OutcomeKind.CRASHED, "WorkerKilled", "signal 40"),
        ("raise_error", "bad", OutcomeKind.ERROR, "ValueError", "bad"),
        ("not_an_outcome", None, OutcomeKind.NON_RETRYABLE, "TypeError", "cannot be sent"),
    ],
)
def test_an_attempt_that_ends_badly_fails_alone(
    bench: Bench, task: str, value: object, kind: OutcomeKind, name: str, words: str
) -> None:
    others = [bench.submit("sleep", 0.1) for _ in range(4)]
    bad = bench.submit(task, value)
    others += [bench.submit("echo", n) for n in range(4)]

    [outcome] = bench.events.wait(bad)

    assert outcome.kind is kind
    assert outcome.failure is not None
    assert outcome.failure.kind == kind.value
    assert outcome.failure.type == name
    assert words in outcome.failure.message
    assert {one.kind for one in bench.events.wait(*others)} == {OutcomeKind.SUCCEEDED}


def test_a_segmentation_fault_shows_where_it_was(bench: Bench) -> None:
    failure = bench.run("segfault").failure

    assert failure is not None
    assert failure.traceback.startswith("Fatal Python error: Segmentation fault")
    assert "in segfault" in failure.traceback


def test_an_exception_comes_with_its_traceback(bench: Bench) -> None:
    failure = bench.run("raise_error", "bad").failure

    assert failure is not None
    assert "in raise_error" in failure.traceback


def test_a_worker_is_replaced_when_it_has_crashed(make_bench) -> None:
    bench = make_bench(1)
    first = bench.value("pid")
    bench.run("leave", 1)

    second = bench.value("pid")

    assert first != second
    assert bench.pool.alive


def test_a_worker_goes_on_after_an_exception(make_bench) -> None:
    bench = make_bench(1)
    first = bench.value("pid")
    bench.run("raise_error", "bad")
    bench.run("sys_exit", 1)

    assert bench.value("pid") == first


def test_a_limit_of_memory_ends_the_attempt_that_exceeds_it(make_bench) -> None:
    bench = make_bench(1, memory_limit=64 * MIB)

    within = bench.value("allocate", 32 * MIB)
    beyond = bench.run("allocate", 256 * MIB)

    assert within == 32 * MIB
    assert beyond.kind is OutcomeKind.OUT_OF_MEMORY
    assert beyond.failure is not None
    assert "memory" in beyond.failure.message
    assert bench.value("allocate", 32 * MIB) == 32 * MIB


def test_an_input_beyond_the_limit_of_memory_is_out_of_memory(make_bench) -> None:
    bench = make_bench(1, memory_limit=16 * MIB)

    outcome = bench.run("echo", "x" * 40 * MIB)

    assert outcome.kind is OutcomeKind.OUT_OF_MEMORY
    assert outcome.failure is not None
    assert "16 MiB" in outcome.failure.message
    assert bench.value("echo", 1) == 1


@pytest.mark.parametrize("kind", [11, 12, 13, 15, 99])
def test_a_message_without_meaning_ends_the_worker_not_the_driver(bench: Bench, kind: int) -> None:
    outcome = bench.run("raw_message", kind)

    assert outcome.kind is OutcomeKind.CRASHED
    assert bench.value("echo", 1) == 1


def test_an_idle_worker_that_is_killed_charges_nobody(make_bench) -> None:
    bench = make_bench(1)
    pid = bench.value("pid")

    os.kill(pid, signal.SIGKILL)
    eventually(lambda: bench.pool.pids not in ([pid], []))

    assert bench.value("pid") != pid
    assert {one.kind for one in bench.events.outcomes.values()} == {OutcomeKind.SUCCEEDED}
