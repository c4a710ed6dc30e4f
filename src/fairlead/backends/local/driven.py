"""One job as this process drives it: its graph in memory, its rows in the store.

The graph decides; this module turns what it decided into rows of the next commit and
into attempts to run.  It does no I/O except to read inputs and results back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.explained import explained, without_attempt
from fairlead.backends.local.jsontext import (
    dump_failure,
    dump_progress,
    dump_refs,
    load_refs,
)
from fairlead.backends.local.newtasks import TaskRows
from fairlead.backends.local.store import Store, task_range
from fairlead.backends.local.storecache import StoreCache
from fairlead.core.effects import StopAttempt, StopKind, TaskChanged
from fairlead.core.graph import JobGraph
from fairlead.core.node import Key, NodeSpec
from fairlead.core.states import JobState, TaskState
from fairlead.errors import FairleadError, LimitExceededError
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure, NewTask, TaskOptions
from fairlead.sdk.cache import JobCache

Group = tuple[str, str, str | None, bool]
"""What decides who may run a task: identifier, version, source file, has a time limit."""

_ENDED_WELL = (TaskState.COMPUTED, TaskState.COMPLETED)

_UPDATE_JOB = (
    "UPDATE job SET state=?, reason=?, cause=?, failing=?, cancelling=?, suspended=?, closed=?,"
    " first_failure=?, failure=?, started=coalesce(started, ?), ended=?, tasks=? WHERE no=?"
)


class DrivenJob:
    """A job whose record lock this process holds.  Used under the engine's lock only."""

    def __init__(
        self,
        store: Store,
        number: int,
        job_id: str,
        graph: JobGraph,
        *,
        next_task: int,
        run: int,
        cache: JobCache,
        memory_cache: str | None = None,
        machine_group: str | None = None,
        failure: Failure | None = None,
        limits: tuple[int, int] = (500, 50_000),
    ) -> None:
        self.store = store
        self.number = number
        self.id = job_id
        self.graph = graph
        self.next_task = next_task
        self.run = run
        self.cache = cache
        self.memory_cache = memory_cache
        self.machine_group = machine_group
        self.failure = failure
        self.max_depth, self.max_tasks = limits
        self.released = False
        self.task_range = task_range(number)
        self.rows: dict[Key, int] = {}
        self.depths: dict[Key, int] = {}
        self.stops: list[StopAttempt] = []
        self._pending: dict[Key, NewTask] = {}
        self._written: tuple[Any, ...] | None = None

    # --- events -------------------------------------------------------------------

    def add(self, tasks: Sequence[NewTask], now: float, batch: Batch) -> None:
        """Add top-level tasks."""
        rows = self._rows_for(tasks)
        specs = rows.specs(tasks)
        self.graph.tasks_added(specs, now)
        self._insert(tasks, rows, specs, None, 0, now, batch)
        self.collect(now, batch)

    def finish(
        self,
        key: Key,
        row: int,
        order: AttemptOrder,
        outcome: AttemptOutcome,
        now: float,
        batch: Batch,
    ) -> bool:
        """Take an attempt's outcome; False if it came too late to count."""
        children = outcome.children
        specs: Sequence[NodeSpec] = ()
        if children:
            rows = TaskRows(self.next_task, {})
            specs = rows.specs(children)
        failure = outcome.failure
        graph = self.graph
        was_failing = graph.failing
        reason = None if failure is None else failure.summary
        try:
            if not graph.attempt_finished(
                key, order.attempt, outcome.kind.value, now, children=specs, reason=reason
            ):
                return False
        except FairleadError as error:  # subtasks that cannot be: nothing has changed yet
            refused = AttemptOutcome(
                OutcomeKind.NON_RETRYABLE, failure=explained(error, "NON_RETRYABLE")
            )
            return self.finish(key, row, order, refused, now, batch)
        node = graph.node(key)
        if outcome.kind is OutcomeKind.SUCCEEDED and node.state in _ENDED_WELL:
            changed = self._changes(now, batch, key)
            state = changed or node.state
            batch.successes.append(
                (state.value, None, now, outcome.result, outcome.version, row, order.attempt)
            )
            if children:
                self._insert(children, rows, specs, key, order.depth + 1, now, batch)
            self._decorate(row, order.attempt, outcome, batch, [task.id for task in children])
            if outcome.cache_writes:
                self._write_cache(outcome.cache_writes, batch)
        else:
            self._fail(key, row, order, outcome, now, batch, was_failing)
        if node.state is not TaskState.QUEUED:
            self._pending.pop(key, None)
        return True

    def _fail(
        self,
        key: Key,
        row: int,
        order: AttemptOrder,
        outcome: AttemptOutcome,
        now: float,
        batch: Batch,
        was_failing: bool,
    ) -> None:
        node = self.graph.node(key)
        failure = outcome.failure
        if failure is None and node.reason:
            failure = _beyond_limits(node.reason)
        if self.graph.failing and not was_failing and self.failure is None:
            self.failure = failure
        text = dump_failure(failure)
        batch.attempts.append(
            (row, order.attempt, row, now, outcome.kind.value, outcome.version, text)
        )
        batch.failures.append((text, outcome.version, now, row, order.attempt))
        self._changes(now, batch, None)
        outcome.result_refs = ()  # to subtasks that there are not
        self._decorate(row, order.attempt, outcome, batch, ())

    def row(self, key: Key) -> int:
        """Return the row of a node's newest task object: its first, unless it was renewed."""
        return self.rows.get(key, cast(int, key))

    def lose(self, key: Key, attempt: int, kind: OutcomeKind, now: float, batch: Batch) -> None:
        """End an attempt of a driver that is gone."""
        row = self.row(key)
        if self.graph.attempt_finished(key, attempt, kind.value, now):
            batch.attempts.append((row, attempt, row, now, kind.value, None, None))

    def give_up(self, failure: Failure, now: float, batch: Batch) -> None:
        """Let the job fail for a reason that is no task's."""
        self.failure = failure
        self.graph.fail(now, failure.summary)
        self.collect(now, batch)

    def collect(self, now: float, batch: Batch) -> None:
        """Turn what the graph decided since the last time into rows of this commit."""
        self._changes(now, batch, None)

    def _changes(self, now: float, batch: Batch, own: Key | None) -> TaskState | None:
        """Write state changes; that of the node ``own`` is returned, not written."""
        own_state: TaskState | None = None
        for effect in self.graph.take_effects():
            if type(effect) is TaskChanged:
                key = effect.key
                if key == own:
                    own_state = effect.state
                else:
                    batch.changes.append((effect.state.value, *effect[2:], now, self.row(key)))
                batch.finals.append(key)
            elif type(effect) is StopAttempt:
                self.stops.append(effect)
                if effect.kind is StopKind.STOP:
                    row = self.row(effect.key)
                    batch.others.append(("UPDATE task SET stopping=1 WHERE no=?", (row,)))
        return own_state

    def write_job(self, now: float, batch: Batch) -> None:
        """Write the job's own row if anything in it has changed."""
        graph = self.graph
        present = (
            graph.state, graph.reason, graph.cause, graph.failing, graph.cancelling,
            graph.suspended, graph.closed, self.next_task,
        )  # fmt: skip
        count = self.next_task - self.task_range[0]
        if present == self._written:
            return
        self._written = present
        if self.failure is None and graph.failing and graph.first_failure is not None:
            self.failure = without_attempt(graph.node(graph.first_failure))
        ended = now if graph.is_final else None
        started = now if graph.state is not JobState.QUEUED else None
        batch.synced = batch.synced or graph.is_final
        batch.others.append(
            (
                _UPDATE_JOB,
                (
                    graph.state.value, graph.reason, graph.cause, graph.failing,
                    graph.cancelling, graph.suspended, graph.closed, graph.first_failure,
                    dump_failure(self.failure), started, ended, count, self.number,
                ),
            )
        )  # fmt: skip

    # --- starting -----------------------------------------------------------------

    def start(
        self, now: float, room: int, accepts: Callable[[Any], bool] | None, batch: Batch
    ) -> list[tuple[Key, int, AttemptOrder]]:
        """Start up to ``room`` ready tasks; return their keys, rows and orders."""
        starts = self.graph.start_ready(now, room, accepts)
        if not starts:
            return []
        missing = [key for key, _ in starts if key not in self._pending]
        if missing:
            self._load_inputs(missing)
        begun = []
        for key, attempt in starts:
            row = self.row(key)
            batch.starts.append((attempt, now, row))
            begun.append((key, row, self._order(key, attempt, now)))
        return begun

    def _order(self, key: Key, attempt: int, now: float) -> AttemptOrder:
        task = self._pending[key]
        order = AttemptOrder(
            self.id,
            task.id,
            attempt,
            task.identifier,
            task.version,
            task.source,
            task.input,
            display=task.display,
            depth=self.depths.get(key, 0),
            max_depth=self.max_depth,
            max_tasks=self.max_tasks,
            timeout=task.options.timeout,
            started=now,
        )
        if task.refs:
            order.refs = task.refs
        return order

    def _load_inputs(self, keys: Sequence[Key]) -> None:
        by_row = {self.row(key): key for key in keys}
        rows = self.store.read_many(
            "SELECT no, id, identifier, version, source, input, refs, display, depth,"
            " options FROM task WHERE no IN ({})",
            list(by_row),
        )
        for no, id_, identifier, version, source, data, refs, display, depth, options in rows:
            key = by_row[no]
            timeout = json.loads(options).get("timeout") if options else None
            self.depths[key] = depth
            self._pending[key] = NewTask(
                id_, identifier, version, source, data, load_refs(refs), (),
                TaskOptions(timeout=timeout), display=display,
            )  # fmt: skip

    # --- rows of new tasks --------------------------------------------------------

    def _rows_for(self, tasks: Sequence[NewTask]) -> TaskRows:
        ids = {other for task in tasks for other in task.depends_on if isinstance(other, str)}
        rows = self.store.read_many("SELECT id, node FROM task WHERE id IN ({})", list(ids))
        return TaskRows(self.next_task, dict(rows))

    def _insert(
        self,
        tasks: Sequence[NewTask],
        rows: TaskRows,
        specs: Sequence[NodeSpec],
        parent: Key | None,
        depth: int,
        now: float,
        batch: Batch,
    ) -> None:
        rows.insert(tasks, specs, parent, depth, self.run, now, batch)
        self._pending.update(zip(range(self.next_task, rows.next), tasks, strict=True))
        if depth:
            self.depths.update(dict.fromkeys(range(self.next_task, rows.next), depth))
        self.next_task = rows.next

    def _decorate(
        self, row: int, attempt: int, outcome: AttemptOutcome, batch: Batch, ids: Sequence[str]
    ) -> None:
        if outcome.display or outcome.progress or outcome.result_refs or outcome.status_text:
            batch.decorations.append(
                (
                    dump_refs(outcome.result_refs, ids),
                    outcome.display,
                    dump_progress(outcome.progress),
                    outcome.status_text,
                    row,
                    attempt,
                )
            )

    def _write_cache(self, writes: dict[str, bytes], batch: Batch) -> None:
        rows = [(self.number, key, value) for key, value in writes.items()]
        if isinstance(self.cache, StoreCache):
            batch.cache += rows
            return
        batch.outbox += rows
        if self.memory_cache is not None:
            batch.others.append(
                ("UPDATE job SET memory_cache=? WHERE no=?", (self.memory_cache, self.number))
            )


def _beyond_limits(reason: str) -> Failure:
    """Return the failure of a task whose subtasks would go beyond the job's limits."""
    _, _, why = reason.partition(": ")
    error = LimitExceededError(f"{why} (FAIRLEAD_MAX_TASKS, FAIRLEAD_MAX_DEPTH)")
    return explained(error, OutcomeKind.NON_RETRYABLE)
