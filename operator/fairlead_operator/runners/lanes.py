"""What has a bound: a machine size, or a machine group; its runners, and who waits for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from fairlead_operator.runners.waiting import Queue

PodKey = tuple[str, str]
"""Namespace and name."""

LaneName = tuple[str, ...]
"""``("size", name)`` or ``("group", namespace, name)``."""


class Use(Enum):
    """What a runner is doing."""

    ASSIGNED = "assigned"
    IDLE = "idle"
    UNCLAIMED = "unclaimed"
    """Seen, but no Task is known to name it."""
    ENDING = "ending"


@dataclass(slots=True)
class Runner:
    """One pod that counts.

    Attributes
    ----------
    pool
        What a request must have in common with it to take it.
    job
        The job whose task it runs; empty without.
    since
        Since when it has done what it does.
    until
        How long, idle, it may be given a task.
    seen, up
        Whether its pod was seen, and runs.
    """

    key: PodKey
    size: str
    group: str
    release: str
    account: str
    pool: tuple[str, ...]
    reuse: str
    reuse_seconds: float = 0.0
    use: Use = Use.UNCLAIMED
    job: str = ""
    since: float = 0.0
    until: float = 0.0
    seen: bool = False
    up: bool = False

    @property
    def lanes(self) -> tuple[LaneName, ...]:
        """The bounds that it counts against."""
        size = ("size", self.size)
        return (size, ("group", self.key[0], self.group)) if self.group else (size,)


@dataclass(slots=True)
class Lane:
    """The runners that count against one bound, by what they do, and who waits.

    Attributes
    ----------
    bound
        How many there may be; None for any number.
    idle
        Those that wait for a task, longest first.
    running
        How many each job has.
    """

    bound: int | None = None
    runners: dict[PodKey, Runner] = field(default_factory=dict)
    idle: dict[PodKey, Runner] = field(default_factory=dict)
    ending: set[PodKey] = field(default_factory=set)
    running: dict[str, int] = field(default_factory=dict)
    queue: Queue = field(default_factory=Queue)

    def count(self, job: str) -> int:
        """Return how many runners a job has."""
        return self.running.get(job, 0)

    @property
    def free(self) -> float:
        """How many more runners there may be."""
        return float("inf") if self.bound is None else self.bound - len(self.runners)

    @property
    def empty(self) -> bool:
        """Whether nothing is known of it that matters."""
        return not self.runners and not len(self.queue)

    def enter(self, runner: Runner) -> None:
        """Count a runner under what it does now."""
        if runner.use is Use.ASSIGNED:
            self.running[runner.job] = self.count(runner.job) + 1
        elif runner.use is Use.IDLE:
            self.idle[runner.key] = runner
        elif runner.use is Use.ENDING:
            self.ending.add(runner.key)

    def leave(self, runner: Runner) -> None:
        """Count a runner no more under what it does now."""
        if runner.use is Use.ASSIGNED:
            self.running[runner.job] -= 1
            if not self.running[runner.job]:
                del self.running[runner.job]
        elif runner.use is Use.IDLE:
            del self.idle[runner.key]
        elif runner.use is Use.ENDING:
            self.ending.discard(runner.key)
