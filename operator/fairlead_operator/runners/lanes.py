"""What has a bound: a machine size, a machine group or a namespace; its runners, and who waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fairlead_operator.runners.holds import Hold, PodKey
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.runners.waiting import Queue

LaneName = tuple[str, ...]
"""What has a bound.

``("size", name)``, ``("group", namespace, name)``, ``("namespace", name)``, or, for as long as
the API server refuses such pods, ``("kind", namespace, size)``.
"""


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
    def namespace(self) -> str:
        """The namespace of its pod."""
        return self.key[0]

    @property
    def lanes(self) -> tuple[LaneName, ...]:
        """The bounds that it counts against."""
        return lane_names(self.namespace, self.size, self.group)


def lane_names(namespace: str, size: str, group: str = "") -> tuple[LaneName, ...]:
    """Return what a runner counts against, in the order in which its bounds are asked."""
    names = ("kind", namespace, size), ("namespace", namespace), ("size", size)
    return (*names, ("group", namespace, group)) if group else names


class Lane:
    """The runners that count against one bound, by what they do, and who waits.

    Attributes
    ----------
    bound
        How many there may be; None for any number.
    idle
        Those that wait for a task, longest first.
    queue
        Who waits for one.
    hold
        What keeps new pods from being made, if the API server refuses them.
    """

    __slots__ = (
        "_of_job",
        "_of_namespace",
        "bound",
        "ending",
        "hold",
        "idle",
        "queue",
        "runners",
    )

    def __init__(self, tenants: Tenants, bound: int | None = None) -> None:
        self.bound = bound
        self.runners: dict[PodKey, Runner] = {}
        self.idle: dict[PodKey, Runner] = {}
        self.ending: set[PodKey] = set()
        self._of_job: dict[str, int] = {}
        self._of_namespace: dict[str, int] = {}
        self.hold: Hold | None = None
        self.queue = Queue(tenants, self.count, self.had)

    def count(self, job: str) -> int:
        """Return how many runners have a task of a job."""
        return self._of_job.get(job, 0)

    def had(self, namespace: str) -> int:
        """Return how many runners have a task of a namespace."""
        return self._of_namespace.get(namespace, 0)

    @property
    def free(self) -> float:
        """How many more runners there may be."""
        if self.hold is not None:
            return self.hold.free
        return float("inf") if self.bound is None else self.bound - len(self.runners)

    @property
    def empty(self) -> bool:
        """Whether nothing is known of it that matters."""
        return not self.runners and not len(self.queue) and self.hold is None

    def enter(self, runner: Runner) -> None:
        """Count a runner under what it does now."""
        if runner.use is Use.ASSIGNED:
            self._counts(runner, 1)
        elif runner.use is Use.IDLE:
            self.idle[runner.key] = runner
        elif runner.use is Use.ENDING:
            self.ending.add(runner.key)

    def leave(self, runner: Runner) -> None:
        """Count a runner no more under what it does now."""
        if runner.use is Use.ASSIGNED:
            self._counts(runner, -1)
        elif runner.use is Use.IDLE:
            del self.idle[runner.key]
        elif runner.use is Use.ENDING:
            self.ending.discard(runner.key)

    def _counts(self, runner: Runner, more: int) -> None:
        _add(self._of_job, runner.job, more)
        _add(self._of_namespace, runner.namespace, more)
        self.queue.recount(runner.namespace, runner.job)


def _add(counts: dict[str, int], name: str, more: int) -> None:
    counts[name] = counts.get(name, 0) + more
    if not counts[name]:
        del counts[name]
