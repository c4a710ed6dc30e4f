"""Medians with spread, and ratios taken inside each round before their median.

On a shared machine a round may be slow as a whole; two programs of one round were
slowed alike, so their ratio says more than the ratio of two medians.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from benchlib.record import Record, Sample

Measure = Callable[[Sample], float]


@dataclass(frozen=True)
class Spread:
    """A median between the least and the greatest of several values."""

    middle: float
    low: float
    high: float
    count: int

    def scaled(self, factor: float) -> Spread:
        """Return the same in another unit."""
        return Spread(self.middle * factor, self.low * factor, self.high * factor, self.count)


def spread(values: Iterable[float]) -> Spread | None:
    """Summarise values; None where there are none."""
    found = sorted(values)
    return Spread(median(found), found[0], found[-1], len(found)) if found else None


def wall_us(sample: Sample) -> float:
    """Wall time of each task, microseconds."""
    return sample.wall_us


def cpu_us(sample: Sample) -> float:
    """Processor time of each task, microseconds."""
    return sample.cpu_us


def samples(record: Record, peer: str, kind: str, tasks: int | None = None) -> list[Sample]:
    """Return a peer's samples of one kind and, where given, one size."""
    return [
        s
        for s in record.samples
        if s.peer == peer and s.kind == kind and (tasks is None or s.tasks == tasks)
    ]


def sizes(record: Record, peer: str, kind: str) -> list[int]:
    """Return the numbers of tasks at which a peer was measured, ascending."""
    return sorted({s.tasks for s in record.samples if s.peer == peer and s.kind == kind})


def summary(found: Iterable[Sample], measure: Measure) -> Spread | None:
    """Summarise one measure over the rounds."""
    return spread(measure(sample) for sample in found)


def ratio(above: Iterable[Sample], below: Iterable[Sample], measure: Measure) -> Spread | None:
    """Summarise the quotients of samples of the same round."""
    by_round = {sample.round: measure(sample) for sample in below}
    return spread(
        measure(sample) / by_round[sample.round] for sample in above if by_round.get(sample.round)
    )
