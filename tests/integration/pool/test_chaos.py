"""Everything at once, at random: every ticket still finishes exactly once."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

import pytest
from pool_bench import Bench, zygote_of

from fairlead.sdk.attempt import OutcomeKind

DURATION = 0.6
"""Seconds for which one example goes on."""


class Chaos:
    """Does things to a pool by a seeded generator."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.chance = random.Random(seed)
        self.tickets: list[int] = []
        self.actions = [self.submit] * 6 + [self.kill, self.stop, self.kill_worker, self.resize]

    def run(self) -> None:
        """Go on until the time is up, killing the zygote once."""
        end = time.monotonic() + DURATION
        while time.monotonic() < end - DURATION / 2:
            self.act()
        self.kill_process(zygote_of(self.bench.pool.pids))
        while time.monotonic() < end:
            self.act()

    def act(self) -> None:
        self.chance.choice(self.actions)()
        time.sleep(self.chance.choice([0, 0, 0.001, 0.005]))

    def submit(self) -> None:
        for _ in range(self.chance.choice([1, 1, 3, 20])):
            task, value = self.chance.choice(
                [
                    ("echo", 1),
                    ("echo", "x" * 70_000),
                    ("sleep", self.chance.choice([0, 0.001, 0.02])),
                    ("leave", 1),
                    ("say", [["stdout", "a line\n"]]),
                    ("until_stopped", ""),
                    ("wait_for_file", "/"),
                    ("raise_error", "bad"),
                ]
            )
            self.tickets.append(self.bench.submit(task, value))

    def some_ticket(self) -> int:
        return self.chance.choice(self.tickets[-30:] or [1])

    def kill(self) -> None:
        self.bench.pool.kill(self.some_ticket(), OutcomeKind.TIMEOUT)

    def stop(self) -> None:
        self.bench.pool.stop(self.some_ticket())

    def resize(self) -> None:
        self.bench.pool.resize(self.chance.choice([1, 2, 4]))

    def kill_worker(self) -> None:
        self.kill_process(self.chance.choice(self.bench.pool.pids or [0]))

    def kill_process(self, pid: int) -> None:
        # It may have been reaped meanwhile.
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("seed", range(6))
def test_every_ticket_finishes_once_whatever_happens(make_bench, seed: int) -> None:
    bench = make_bench(3, show=False)
    chaos = Chaos(bench, seed)

    chaos.run()
    for ticket in chaos.tickets:
        bench.pool.stop(ticket)
    if seed % 2:
        bench.events.wait(*chaos.tickets)
    bench.pool.close(0.05 * seed)

    assert sorted(bench.events.outcomes) == chaos.tickets
    assert bench.events.twice == []
    assert all(outcome.result or outcome.failure for outcome in bench.events.outcomes.values())
