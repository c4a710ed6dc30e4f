"""Counts what there is, when somebody asks, from the objects that the operator works with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from fairlead.api.words import camel
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen, Sort
from fairlead_operator.driving.sizing import Sizing
from fairlead_operator.driving.worker import Worker
from fairlead_operator.jobs.asking import Wanted
from fairlead_operator.metrics import Ready
from fairlead_operator.runners.lanes import Runner, Use


class Census:
    """A :class:`fairlead_operator.metrics.Census` of all that a dispatcher knows.

    Parameters
    ----------
    jobs, workers
        The dispatcher's own, by the jobs' unique ids.
    """

    def __init__(
        self,
        shared: Shared,
        jobs: Mapping[str, Seen],
        workers: Mapping[str, Worker],
        clock: Callable[[], float],
    ) -> None:
        self._shared = shared
        self._sizing = Sizing(shared)
        self._jobs = jobs
        self._workers = workers
        self._clock = clock

    def jobs(self) -> Mapping[str, int]:
        """Return how many jobs are in each state."""
        records = (seen.record for seen in self._jobs.values())
        states = Counter(record.state for record in records if record is not None)
        return {camel(state): number for state, number in states.items()}

    def tasks(self) -> Iterator[tuple[str, str, str, int]]:
        """Yield state, identifier, size and how many Tasks; the same may come again."""
        for seen in self._jobs.values():
            for (state, sort), number in seen.counts.items():
                yield camel(state), sort.identifier, self._sizing.of(seen, sort), number

    def ready(self) -> Mapping[str, Ready]:
        """Return those that want nothing but a runner, by size.

        Those for which a runner is being made are among them: they do not run yet.
        """
        now = self._clock()
        found: dict[str, Ready] = {}
        for worker in self._workers.values():
            for size, number, since in self._ready_of(worker):
                before = found.get(size, Ready(0, 0.0))
                age = max(now - since, before.oldest, 0.0)
                found[size] = Ready(before.number + number, age)
        return found

    def _ready_of(self, worker: Worker) -> Iterator[tuple[str, int, float]]:
        model, seen = worker.model, worker.seen
        if model is None or model.done:
            return
        for wanted, number, since in model.waiting():
            yield self._sizing.of(seen, _sort(wanted)), number, since
        for record, since in model.starting():
            yield self._sizing.named(record.size), 1, since

    def runners(self) -> Mapping[tuple[str, str], int]:
        """Return how many runners there are, by state and size."""
        return Counter((_state(one), one.size) for one in self._shared.allocator.runners())

    def limits(self) -> Mapping[str, int]:
        """Return how many runners there may be, of sizes that have a bound."""
        sizes = map(self._shared.sizes.known, self._shared.sizes.names())
        return {
            size.name: size.max_runners
            for size in sizes
            if size is not None and size.max_runners is not None
        }


def _sort(wanted: Wanted) -> Sort:
    return Sort(wanted.identifier, wanted.version, wanted.release, wanted.size, wanted.group)


def _state(runner: Runner) -> str:
    if not runner.up:
        return "pending"
    return "busy" if runner.use is Use.ASSIGNED else "idle"
