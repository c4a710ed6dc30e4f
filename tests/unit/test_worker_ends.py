"""What a worker's end says about its attempt, where no worker can be made to end so."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fairlead.runner.exits import WorkerEnd, crash_outcome
from fairlead.runner.oom import OutOfMemoryWatch
from fairlead.sdk.attempt import OutcomeKind


def test_a_kill_by_the_kernel_is_out_of_memory() -> None:
    outcome = crash_outcome(WorkerEnd(signal.SIGKILL, killed_by_kernel=True), None)

    assert outcome.kind is OutcomeKind.OUT_OF_MEMORY
    assert outcome.failure is not None
    assert "ran out of memory" in outcome.failure.message


@pytest.mark.parametrize("status", [signal.SIGSEGV, 3 << 8])
def test_another_end_is_none_whatever_the_kernel_has_killed_meanwhile(status: int) -> None:
    assert crash_outcome(WorkerEnd(status, killed_by_kernel=True), None).kind is OutcomeKind.CRASHED


def test_kills_by_the_kernel_are_counted_since_the_last_look(tmp_path: Path) -> None:
    group, machine = tmp_path / "memory.events", tmp_path / "vmstat"
    group.write_text("low 0\noom 7\noom_kill 2\n")
    watch = OutOfMemoryWatch([group, machine])

    looks = [watch.has_struck()]
    group.write_text("low 0\noom 7\noom_kill 3\n")
    looks += [watch.has_struck(), watch.has_struck()]
    machine.write_text("nr_free_pages 5\noom_kill 1\n")
    looks += [watch.has_struck(), watch.has_struck()]

    assert looks == [False, True, False, True, False]
