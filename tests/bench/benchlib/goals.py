"""The goals, each with the figure that was measured for it and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchlib.plan import CHAIN, FAN, LARGE_PROCESSES, PROCESSES
from benchlib.record import Record
from benchlib.stats import Measure, Spread, cpu_us, ratio, samples, sizes, spread, summary, wall_us


@dataclass(frozen=True)
class Goal:
    """A bound on one figure.  ``at_most`` is False where more is better."""

    name: str
    unit: str
    bound: float
    measured: Spread | None
    at_most: bool = True

    @property
    def verdict(self) -> str:
        """Say whether the median keeps the bound, and if not, by which factor it fails."""
        if self.measured is None:
            return "not measured"
        value = self.measured.middle
        if value <= self.bound if self.at_most else value >= self.bound:
            return "met"
        factor = value / self.bound if self.at_most else self.bound / value
        return f"missed by a factor of {factor:.2f}"


FASTER = (
    ("ray", "fan", "two worker processes, nothing kept", 10),
    ("dask", "fan", "threads, nothing kept", 10),
    ("parsl", "processes", "high-throughput executor, nothing kept", 10),
    ("parsl", "fan", "thread executor, nothing kept", 10),
    ("luigi", "durable", "files", 50),
    ("luigi", "fan", "nothing kept", 50),
    ("dagster", "durable", "SQLite", 50),
    ("dagster", "fan", "nothing kept", 50),
    ("prefect", "fan", "SQLite", 400),
)
"""Peer, kind, what that means, and how many times faster a durable fan of ours is to be.

Where a peer has a lighter mode than the usual one, both stand here, to the same bound;
so do all the sizes it was measured at, because a task of some costs more in a larger job.
"""

BOTH: tuple[tuple[str, Measure], ...] = (("wall", wall_us), ("CPU", cpu_us))


def goals(record: Record) -> list[Goal]:
    """Return every goal in order."""
    return [*_fan(record), *_processes(record), *_chain(record), *_start(record)]


def _fan(record: Record) -> Iterator[Goal]:
    ours = samples(record, "fairlead", "fan", FAN)
    yield Goal("1. fan of 10,000 in one process, CPU a task", "µs", 50, summary(ours, cpu_us))
    for peer, kind, meaning, factor in FASTER:
        for size in sizes(record, peer, kind) or [0]:
            how_many = f", {size:,} tasks" if size else ""
            name = f"1. faster than {peer} ({meaning}{how_many}), wall a task"
            found = ratio(samples(record, peer, kind, size), ours, wall_us)
            yield Goal(name, "x", factor, found, at_most=False)


def _processes(record: Record) -> Iterator[Goal]:
    ours = samples(record, "fairlead", "processes", PROCESSES)
    large = samples(record, "fairlead", "processes", LARGE_PROCESSES)
    bare = samples(record, "executor", "processes", PROCESSES)
    for name, measure in BOTH:
        found = summary(ours, measure)
        yield Goal(f"2. two worker processes, 5,000 tasks, {name} a task", "µs", 200, found)
    for name, measure in BOTH:
        found = ratio(ours, bare, measure)
        yield Goal(f"2. the same over a bare ProcessPoolExecutor, {name}", "x", 1.5, found)
    for name, measure in BOTH:
        found = ratio(large, ours, measure)
        yield Goal(f"2. a task of 50,000 over one of 5,000, {name}", "x", 1.2, found)


def _chain(record: Record) -> Iterator[Goal]:
    ours = samples(record, "fairlead", "chain", CHAIN)
    for name, measure in BOTH:
        yield Goal(f"3. chain of 2,000, {name} an edge", "µs", 120, summary(ours, measure))


def _start(record: Record) -> Iterator[Goal]:
    over_bare = spread((i["package"] - i["bare"]) * 1e3 for i in record.imports)
    yield Goal("3. `import fairlead` over bare Python, CPU", "ms", 60, over_bare)
    over_bare = spread((i["names"] - i["bare"]) * 1e3 for i in record.imports)
    yield Goal("3. the same with Client, Task and ExecutionContext in use", "ms", 60, over_bare)
    one = summary(samples(record, "fairlead", "one"), cpu_us)
    yield Goal("3. a one-task run, CPU in all", "ms", 300, one and one.scaled(1e-3))
