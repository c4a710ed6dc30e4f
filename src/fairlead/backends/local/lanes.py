"""Which workers an attempt runs on: threads of this process, or worker processes.

A task goes to a worker process where the runner was asked for processes, where it has a
time limit (a thread cannot be killed), or where its job is bound to a machine group; in
each case only if the process can import its definition.  Everything else runs in a
thread.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING, cast

from fairlead.backends.local import machines
from fairlead.backends.local.driven import DrivenJob, Group
from fairlead.backends.local.processes import ProcessWorkers
from fairlead.backends.local.running import RunningAttempt
from fairlead.backends.local.threads import ThreadWorkers
from fairlead.sdk import settings
from fairlead.sdk.definitions import DefinitionSet

if TYPE_CHECKING:
    from fairlead.backends.local.batch import Batch
    from fairlead.backends.local.engine import Engine

_REASON = (
    "UPDATE task SET reason=? WHERE no BETWEEN ? AND ? AND identifier=? AND state='QUEUED'"
    " AND reason IS NULL"
)


class Lanes:
    """The workers of one engine and who may use them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        threads, processes = _sizes(engine.options.threads, engine.options.processes)
        self.threads = ThreadWorkers(engine, threads)
        self.processes = ProcessWorkers(engine, processes or max(2, os.cpu_count() or 1))
        self._prefer_processes = processes is not None
        self.definitions = DefinitionSet.of(engine.options.definitions)
        # An engine that knows no task only obeys what is asked of a job; see requests.py.
        self._runs_anything = engine.options.definitions is None or bool(engine.options.definitions)
        self._lane: dict[tuple[Group, bool], bool] = {}
        self._granted: Counter[str] = Counter()
        self._refused: set[tuple[int, Group]] = set()

    @property
    def full(self) -> bool:
        """Whether some kind of worker has no room for another attempt."""
        return self.threads.room <= 0 or self.processes.room <= 0

    def begin_turn(self) -> None:
        """Forget what the last turn started: it has been committed."""
        if self._granted:
            self._granted.clear()

    def start(self, job: DrivenJob, now: float, batch: Batch) -> list[RunningAttempt]:
        """Start what is ready of a job, as far as there is room."""
        if job.released or not job.graph.ready_count or not self._runs_anything:
            return []
        bound = self._bound(job, now, batch)
        begun = self._start(job, now, min(self.threads.room, bound), False, batch)
        if job.graph.ready_count:
            room = min(self.processes.room, bound - len(begun))
            begun += self._start(job, now, room, True, batch)
        if job.graph.ready_count:
            self._explain(job, batch)
        if job.machine_group is not None:
            self._granted[job.machine_group] += len(begun)
        return begun

    def _start(
        self, job: DrivenJob, now: float, room: int, in_process: bool, batch: Batch
    ) -> list[RunningAttempt]:
        if room <= 0:
            return []
        grouped = job.machine_group is not None

        def accepts(group: Hashable) -> bool:
            return self.takes(cast(Group, group), grouped) is in_process

        workers = self._workers(in_process)
        begun = []
        for key, row, order in job.start(now, room, accepts, batch):
            definition = self.definitions.find(order.identifier, order.version, order.source)
            assert definition is not None  # accepts() has just found it
            attempt = RunningAttempt(self._engine, job, key, row, order, definition, now)
            attempt.in_process = in_process
            attempt.workers = workers
            begun.append(attempt)
        workers.in_flight += len(begun)
        return begun

    def _workers(self, in_process: bool) -> ThreadWorkers | ProcessWorkers:
        return self.processes if in_process else self.threads

    def assign(self, attempt: RunningAttempt, *, in_process: bool) -> None:
        """Count an attempt that another driver has started, and lent to this engine."""
        attempt.in_process = in_process
        attempt.workers = self._workers(in_process)
        attempt.workers.in_flight += 1

    @property
    def size(self) -> int:
        """How many attempts may run at a time, on the workers that most tasks go to."""
        return self._workers(self._prefer_processes).size

    def takes(self, group: Group, grouped: bool) -> bool | None:
        """Return whether a process runs tasks like this; None where nothing here can."""
        lane = self._lane.get((group, grouped))
        if lane is None:
            identifier, version, source, timed = group
            definition = self.definitions.find(identifier, version, source)
            if definition is None:
                return None
            wanted = self._prefer_processes or timed or grouped
            lane = self._lane[group, grouped] = wanted and definition.importable
        return lane

    def _bound(self, job: DrivenJob, now: float, batch: Batch) -> int:
        """Return how many tasks of the job its machines have room for."""
        group = job.machine_group
        if group is None:
            return 1 << 30
        runs, room = machines.room(self._engine.store, group)
        if not runs and not job.graph.started:
            job.give_up(machines.terminated(group), now, batch)
            self._engine.touch(job)
            return 0
        return max(0, room - self._granted[group])

    def _explain(self, job: DrivenJob, batch: Batch) -> None:
        for group in cast(list[Group], list(job.graph.ready_groups())):
            if (job.number, group) in self._refused:
                continue
            if self.takes(group, job.machine_group is not None) is None:
                self._refused.add((job.number, group))
                reason = "NoCompatibleRelease: " + self.definitions.why_not(*group[:3])
                batch.others.append((_REASON, (reason, *job.task_range, group[0])))

    def can_run(self, job: DrivenJob) -> bool:
        """Whether a ready task of the job has a definition here."""
        grouped = job.machine_group is not None
        groups = cast(list[Group], list(job.graph.ready_groups()))
        return any(self.takes(group, grouped) is not None for group in groups)

    def hand_over(self, attempts: list[RunningAttempt]) -> None:
        """Give started attempts to their workers."""
        here = [attempt for attempt in attempts if not attempt.in_process]
        if here:
            self.threads.hand_over(here)
        if len(here) < len(attempts):
            self.processes.hand_over([attempt for attempt in attempts if attempt.in_process])

    def ended(self, attempt: RunningAttempt) -> None:
        """Count an attempt's worker as free again."""
        if attempt.abandoned:
            if attempt.workers is self.threads:
                self.threads.change_slots(-1)  # the stuck thread has come back
            return
        attempt.workers.in_flight -= 1

    def abandoned(self, attempt: RunningAttempt) -> None:
        """Make up for a thread that does not come back, or end a worker process."""
        attempt.workers.give_up(attempt)

    def close(self) -> None:
        """End all workers."""
        self.threads.close()
        self.processes.close()


def _sizes(threads: int | None, processes: int | None) -> tuple[int, int | None]:
    configured = settings.workers()
    if threads is None and processes is None:
        if configured.kind == "processes":
            processes = configured.number or os.cpu_count() or 1
        else:
            threads = configured.number
    return threads or min(32, max(8, (os.cpu_count() or 1) + 4)), processes
