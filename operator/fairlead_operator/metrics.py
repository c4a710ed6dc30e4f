"""What the operator counts. Plain numbers here; see :mod:`fairlead_operator.exposition`.

No job, task or namespace is a label: there is no bound on how many of them there are.  Of
identifiers there is one: :mod:`fairlead_operator.identifiers`.

What happens is counted here, by whoever sees it.  What there is is counted by a
:class:`Census` when somebody asks, from the very objects that the operator works with: such
numbers are right after a restart, a new list or a mistake.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from fairlead.api.words import camel
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import JobState
from fairlead_operator.identifiers import Identifiers
from fairlead_operator.memory import memory_limit

JOB_STATES = tuple(camel(state) for state in JobState)
RUNNER_STATES = ("busy", "idle", "pending")

CANCELLED = "Cancelled"
"""The outcome of an attempt whose task was cancelled alone: nobody waits for its report."""

OUTCOMES = (*(camel(kind) for kind in OutcomeKind), CANCELLED)
"""How attempts are counted to have ended."""

SECONDS_BOUNDS = (
    0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3600.0, 10800.0, 43200.0,
)  # fmt: skip
"""Seconds of a task's life: some take milliseconds and some take hours, and a new node takes
minutes to come. About three times the one before, so that fourteen suffice."""

BYTES_BOUNDS = tuple(float(2**power) for power in range(24, 37))
"""Bytes of memory: 16 MiB, which Python alone takes, to 64 GiB."""

RECONCILE_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LAG_BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Distribution:
    """How often a number fell between which bounds.

    Attributes
    ----------
    counts
        How many were at most each bound and above the one before; the last: above all.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def add(self, number: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, number)] += 1
        self.sum += number


class Kind(NamedTuple):
    """What tasks have in common that are counted together: identifier and size."""

    identifier: str
    size: str


class Distributions:
    """One distribution for each kind of task."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self.by_kind: dict[Kind, Distribution] = {}

    def of(self, kind: Kind) -> Distribution:
        """Return that of a kind, which begins at nothing."""
        found = self.by_kind.get(kind)
        if found is None:
            found = self.by_kind[kind] = Distribution(self._bounds)
        return found

    def add(self, kind: Kind, number: float) -> None:
        """Count one."""
        self.of(kind).add(number)

    def forget(self, identifier: str) -> None:
        """Keep nothing of an identifier any more."""
        for kind in [kind for kind in self.by_kind if kind.identifier == identifier]:
            del self.by_kind[kind]


class Usage(NamedTuple):
    """What an attempt took, as its runner measured it."""

    wall_milliseconds: int
    cpu_milliseconds: int
    peak_memory_bytes: int


class Ready(NamedTuple):
    """How many tasks want nothing but a runner, and for how many seconds one has."""

    number: int
    oldest: float


class Census(Protocol):
    """Counts what there is, when somebody asks."""

    def jobs(self) -> Mapping[str, int]:
        """Return how many jobs are in each state."""

    def tasks(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield state, identifier, size and how many Tasks; the same may come again."""

    def ready(self) -> Mapping[str, Ready]:
        """Return those that want nothing but a runner, by size."""

    def runners(self) -> Mapping[tuple[str, str], int]:
        """Return how many runners there are, by state and size."""

    def limits(self) -> Mapping[str, int]:
        """Return how many runners there may be, of sizes that have a bound."""


class NothingYet:
    """The census of an operator that knows of nothing."""

    def jobs(self) -> Mapping[str, int]:
        """Return none."""
        return {}

    def tasks(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield none."""
        return iter(())

    def ready(self) -> Mapping[str, Ready]:
        """Return none."""
        return {}

    def runners(self) -> Mapping[tuple[str, str], int]:
        """Return none."""
        return {}

    def limits(self) -> Mapping[str, int]:
        """Return none."""
        return {}


class Metrics:
    """All numbers of one operator.

    Attributes
    ----------
    queue_length
        Says how many jobs wait for their turn.
    memory_limit
        Says how much memory this process may have; None for any amount.
    census
        Counts what there is.
    identifiers
        Which identifiers are labels.
    """

    def __init__(self, identifiers: Identifiers | None = None) -> None:
        self.identifiers = identifiers or Identifiers()
        self.identifiers.freed = self._forget
        self.attempts: dict[tuple[str, Kind], int] = defaultdict(int)
        self.starts = Distributions(SECONDS_BOUNDS)
        self.totals = Distributions(SECONDS_BOUNDS)
        self.runs = Distributions(SECONDS_BOUNDS)
        self.cpu = Distributions(SECONDS_BOUNDS)
        self.memory = Distributions(BYTES_BOUNDS)
        self.events: dict[tuple[str, str], int] = defaultdict(int)
        self.reconciles = Distribution(RECONCILE_BOUNDS)
        self.lag = Distribution(LAG_BOUNDS)
        self.queue_length: Callable[[], int] = lambda: 0
        self.memory_limit: Callable[[], int | None] = memory_limit
        self.census: Census = NothingYet()

    # --- of tasks --------------------------------------------------------------------------

    def task_started(self, identifier: str, size: str, seconds: float) -> None:
        """Count a start, so many seconds after nothing but a runner was wanting."""
        self.starts.add(self._kind(identifier, size), seconds)

    def task_ended(self, identifier: str, size: str, seconds: float) -> None:
        """Count a task that has become final, so many seconds after it was made."""
        self.totals.add(self._kind(identifier, size), seconds)

    def attempt_ended(self, outcome: str, identifier: str, size: str) -> None:
        """Count the end of an attempt."""
        self.attempts[outcome, self._kind(identifier, size)] += 1

    def attempt_measured(self, identifier: str, size: str, usage: Usage) -> None:
        """Count what a runner has measured of an attempt."""
        kind = self._kind(identifier, size)
        self.runs.add(kind, usage.wall_milliseconds / 1000)
        self.cpu.add(kind, usage.cpu_milliseconds / 1000)
        self.memory.add(kind, usage.peak_memory_bytes)

    def tasks(self) -> dict[tuple[str, Kind], int]:
        """Return how many Tasks there are now, by state and kind."""
        found: dict[tuple[str, Kind], int] = defaultdict(int)
        for state, identifier, size, number in self.census.tasks():
            found[state, self._kind(identifier, size)] += number
        for kind in {kind for _, kind in found}:
            self._begin(kind)
        return found

    def _begin(self, kind: Kind) -> None:
        """Let all counts of a kind begin at 0, before anything was counted.

        For Prometheus a number has not grown at its first reading, however great it is: what
        happens once, and is told only then, would never be seen to happen.
        """
        for outcome in OUTCOMES:
            self.attempts.setdefault((outcome, kind), 0)
        for found in self._distributions():
            found.of(kind)

    def _distributions(self) -> tuple[Distributions, ...]:
        return self.starts, self.totals, self.runs, self.cpu, self.memory

    def _kind(self, identifier: str, size: str) -> Kind:
        return Kind(self.identifiers.label(identifier), size)

    def _forget(self, identifier: str) -> None:
        for found in self._distributions():
            found.forget(identifier)
        for key in [key for key in self.attempts if key[1].identifier == identifier]:
            del self.attempts[key]

    # --- of the operator -------------------------------------------------------------------

    def reconciled(self, seconds: float) -> None:
        """Count a turn of a job that took so long."""
        self.reconciles.add(seconds)

    def event_seen(self, kind: str, change: str) -> None:
        """Count an event about an object of a kind."""
        self.events[kind, change] += 1

    def lagged(self, seconds: float) -> None:
        """Count by how much the event loop was late."""
        self.lag.add(seconds)
