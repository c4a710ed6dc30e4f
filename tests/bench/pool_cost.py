"""What a no-op task costs in a worker pool, beside a bare ProcessPoolExecutor.

Run it by hand: ``python tests/bench/pool_cost.py [tasks] [rounds]``.  The two take turns
in one process; the table shows medians of wall and CPU time a task over the rounds, CPU
being that of the driver and of all its children.
"""

from __future__ import annotations

import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.runner.pool import WorkerPool
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.cache import InMemoryCache, JobCache

SIZE = 2
_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Microseconds for one task."""

    wall: float
    cpu: float


def nothing(order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Be a task that does nothing; imported by the workers."""
    return AttemptOutcome(OutcomeKind.SUCCEEDED, order.input, version=order.version)


def same(value: bytes) -> bytes:
    """Be the same task for ProcessPoolExecutor."""
    return value


class Window:
    """Pool events that keep a bounded number of tickets submitted, like a driver does."""

    def __init__(self, ahead: int) -> None:
        self.pool: WorkerPool
        self._ahead = ahead
        self._done = threading.Event()

    def run(self, tasks: int) -> None:
        """Run so many tasks and wait for the last."""
        self._tasks, self._submitted, self._finished = tasks, min(self._ahead, tasks), 0
        self._done.clear()
        for ticket in range(1, self._submitted + 1):
            self.pool.submit(ticket, _order(ticket))
        self._done.wait()

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        assert outcome.result == str(ticket).encode()
        self._finished += 1
        if self._submitted < self._tasks:
            self._submitted += 1
            self.pool.submit(self._submitted, _order(self._submitted))
        elif self._finished == self._tasks:
            self._done.set()

    def logged(self, *arguments: Any) -> None: ...

    def reported(self, *arguments: Any) -> None: ...

    def printed(self, *arguments: Any) -> None: ...

    def blocked(self, *arguments: Any) -> None: ...

    def settled(self) -> None: ...

    def cache_for(self, ticket: int) -> JobCache:
        return InMemoryCache()


def _order(ticket: int) -> AttemptOrder:
    value = str(ticket).encode()
    return AttemptOrder("j" * 25, "t" * 25, 1, "nothing", "v0.0", None, value)


@contextmanager
def fairlead_pool(ahead: int) -> Iterator[Callable[[int], None]]:
    """Yield what runs tasks in a WorkerPool."""
    sys.path.insert(0, str(Path(__file__).parent))
    window = Window(ahead)
    window.pool = WorkerPool(SIZE, window, files_root=os.devnull, executor="pool_cost:nothing")
    try:
        yield window.run
    finally:
        window.pool.close()


@contextmanager
def bare_pool() -> Iterator[Callable[[int], None]]:
    """Yield what runs tasks in a ProcessPoolExecutor."""

    def run(tasks: int) -> None:
        for future in [executor.submit(same, b"1") for _ in range(tasks)]:
            future.result()

    with ProcessPoolExecutor(SIZE) as executor:
        yield run


def cpu_of_tree() -> float:
    """Return the CPU seconds of this process and all below it, those that live included."""
    parents, used = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(fields[1])
        used[int(name)] = sum(int(field) for field in fields[11:15]) / _TICKS
    return sum(used[pid] for pid in used if _is_below(pid, parents))


def _is_below(pid: int, parents: dict[int, int]) -> bool:
    while pid and pid != os.getpid():
        pid = parents.get(pid, 0)
    return pid != 0


def measure(run: Callable[[int], None], tasks: int) -> Cost:
    """Return the cost of a task, over so many."""
    run(100)
    cpu, wall = cpu_of_tree(), time.perf_counter()
    run(tasks)
    wall = time.perf_counter() - wall
    return Cost(wall / tasks * 1e6, (cpu_of_tree() - cpu) / tasks * 1e6)


def main(tasks: int = 5000, rounds: int = 5) -> None:
    """Measure all, interleaved, and print the table."""
    costs: dict[str, list[Cost]] = {}
    with bare_pool() as bare, fairlead_pool(64) as ahead, fairlead_pool(4) as near:
        contenders = {"ProcessPoolExecutor": bare, "pool, 64 ahead": ahead, "pool, 4 ahead": near}
        for _ in range(rounds):
            for name, run in contenders.items():
                costs.setdefault(name, []).append(measure(run, tasks))
    print(f"{tasks} tasks, {rounds} rounds, {SIZE} workers; microseconds a task")
    print(f"{'':22}{'wall':>8}{'(least-most)':>16}{'cpu':>8}")
    for name, found in costs.items():
        walls = [cost.wall for cost in found]
        spread = f"({min(walls):.0f}-{max(walls):.0f})"
        cpu = statistics.median(cost.cpu for cost in found)
        print(f"{name:22}{statistics.median(walls):8.0f}{spread:>16}{cpu:8.0f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
