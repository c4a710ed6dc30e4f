"""How far a job is, at one moment: pure, so that it can be shown in any way."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fairlead.cli import tally
from fairlead.cli.words import count, duration, span
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, TaskView
from fairlead.sdk.display.words import clean

MOST_BARS = 12
"""More bars than this are not taken in at a glance; the rest is counted in one line."""

PACE_WINDOW = 30.0
"""Seconds over which the pace is measured: long enough to be calm, short enough to be true."""


@dataclass(frozen=True)
class Bar:
    """The progress of one kind of task, or of one label that tasks report on."""

    label: str
    done: int
    total: int
    running: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Snapshot:
    """How far a job is.

    Attributes
    ----------
    elapsed
        Seconds since it started.
    remaining
        Seconds it may still take, at the present pace and if no tasks are added;
        None where nothing can be said.
    bars
        At most :data:`MOST_BARS`, the unfinished ones first; ``hidden`` counts the others.
    """

    name: str
    state: JobState
    done: int
    total: int
    running: int
    failed: int
    elapsed: float
    remaining: float | None
    bars: tuple[Bar, ...]
    hidden: int

    def in_words(self) -> str:
        """Return the snapshot as one line."""
        parts = [f"{self.name} {self.state.value} {self.done}/{self.total}"]
        if self.running:
            parts.append(f"{self.running} running")
        if self.failed:
            parts.append(f"{self.failed} failed")
        parts.append(duration(self.elapsed))
        if self.remaining is not None:
            parts.append(f"about {duration(self.remaining)} left")
        return ", ".join(parts)


@dataclass
class Pace:
    """How fast tasks get done, from what was seen over the last seconds."""

    seen: deque[tuple[float, int]] = field(default_factory=deque)

    def remaining(self, now: float, done: int, total: int) -> float | None:
        """Note how many tasks are done now; return the seconds that the others may take."""
        self.seen.append((now, done))
        while len(self.seen) > 2 and now - self.seen[1][0] > PACE_WINDOW:
            self.seen.popleft()
        then, done_then = self.seen[0]
        if done <= done_then or total <= done:
            return None
        return (now - then) / (done - done_then) * (total - done)


def take_snapshot(job: JobView, bars: Sequence[Bar], pace: Pace, now: float) -> Snapshot:
    """Return how far a job is.

    Parameters
    ----------
    job
        The job as recorded now.
    bars
        What :func:`bars_of` made of its tasks.
    pace
        Remembers earlier snapshots; changed by this call.
    now
        Seconds since the epoch.
    """
    done, total = tally.done(job.counts), tally.total(job.counts)
    ordered = sorted(bars, key=lambda bar: bar.done >= bar.total)
    return Snapshot(
        name=clean(job.name),
        state=job.state,
        done=done,
        total=total,
        running=job.counts.get(TaskState.RUNNING, 0),
        failed=tally.add_up(job.counts, TaskState.FAILED, TaskState.FAILED_OPTIONAL),
        elapsed=span(job.started, job.ended, now) or 0.0,
        remaining=None if job.state in tally.FINAL_JOBS else pace.remaining(now, done, total),
        bars=tuple(ordered[:MOST_BARS]),
        hidden=len(ordered[MOST_BARS:]),
    )


def bars_of(tasks: Iterable[TaskView]) -> list[Bar]:
    """Return one bar for each identifier, then one for each label that tasks report on.

    Both stand in the order in which they first appear.
    """
    kinds: dict[str, list[TaskState]] = defaultdict(list)
    labels: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for task in tasks:
        kinds[task.identifier].append(task.state)
        for progress in task.progress:
            labels[progress.label].append((progress.done, progress.total))
    by_kind = [_kind_bar(name, states) for name, states in kinds.items()]
    by_label = [
        Bar(clean(label), sum(done for done, _ in parts), sum(total for _, total in parts))
        for label, parts in labels.items()
    ]
    return by_kind + by_label


def _kind_bar(identifier: str, states: Sequence[TaskState]) -> Bar:
    return Bar(
        clean(identifier),
        done=sum(state in tally.ENDED_WELL for state in states),
        total=len(states),
        running=sum(state is TaskState.RUNNING for state in states),
        failed=sum(state in (TaskState.FAILED, TaskState.FAILED_OPTIONAL) for state in states),
    )


def bar_in_words(bar: Bar) -> str:
    """Return what a bar does not draw: what runs and what failed."""
    parts = [f"{bar.running} running"] if bar.running else []
    return ", ".join([*parts, f"{bar.failed} failed"] if bar.failed else parts)


def hidden_in_words(number: int) -> str:
    """Return the line that stands for the bars left out."""
    return f"… and {count(number, 'other kind')}" if number else ""
