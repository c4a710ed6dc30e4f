"""A driver that records in memory: it writes effects one by one, in order, and can die between two.

What it has written is all that a graph is rebuilt from, as it is for a driver that stands
on a database.  Whoever uses it sees each task's states in the order they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from fairlead.core.effects import Effect, JobChanged, Start, StopAttempt, StopKind, TaskChanged
from fairlead.core.graph import JobGraph
from fairlead.core.node import Key, NodeSpec, TaskPolicy
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.states import JobState, TaskState, check_job_transition, check_transition

DEFAULT_POLICY = TaskPolicy()


def spec(
    key: Key,
    *depends_on: Key,
    policy: TaskPolicy = DEFAULT_POLICY,
    group: Hashable = "group",
    limit_name: str = "Task",
) -> NodeSpec:
    """Return a task named by its key."""
    return NodeSpec(key, group, depends_on, policy, f"token-{key}", limit_name)


@dataclass(frozen=True)
class Limits:
    """The limits of a job, by default those of the core."""

    platform_budget: int = 10
    max_depth: int = 500
    max_tasks: int = 50_000


@dataclass
class Records:
    """What a driver has in its store about one job."""

    tasks: dict[Key, ObservedTask] = field(default_factory=dict)
    state: JobState = JobState.QUEUED
    closed: bool = True
    reason: str | None = None
    cause: str | None = None
    first_failure: Key | None = None
    cancelling: bool = False
    failing: bool = False
    limits: Limits = Limits()

    def observed(self) -> ObservedJob:
        return ObservedJob(
            tasks=[copy(task) for task in self.tasks.values()],
            state=self.state,
            closed=self.closed,
            cancelling=self.cancelling,
            failing=self.failing,
            reason=self.reason,
            cause=self.cause,
            first_failure=self.first_failure,
            **asdict(self.limits),
        )

    def copy(self) -> Records:
        return replace(self, tasks={key: copy(task) for key, task in self.tasks.items()})

    def insert(self, specs: Iterable[NodeSpec], parent: Key | None) -> None:
        for new in specs:
            assert new.key not in self.tasks
            self.tasks[new.key] = ObservedTask(new, parent)

    def write(self, effect: Effect | Start, children: Sequence[NodeSpec], now: float) -> None:
        """Carry out one effect; every state written follows from the one before."""
        if isinstance(effect, Start):
            self._start(effect, now)
        elif isinstance(effect, TaskChanged):
            self._change_task(effect, children)
        elif isinstance(effect, JobChanged):
            check_job_transition(self.state, effect.state)
            self.state = effect.state
            self.reason = effect.reason
            self.cause = effect.cause
            self.first_failure = effect.first_failure
        elif effect.kind is StopKind.STOP:
            assert self.tasks[effect.key].attempt == effect.attempt
            self.tasks[effect.key].stop_requested = True

    def _start(self, start: Start, now: float) -> None:
        task = self.tasks[start.key]
        check_transition(task.state, TaskState.RUNNING)
        assert start.attempt == task.attempt + 1
        task.state = TaskState.RUNNING
        task.attempt = start.attempt
        task.reason = None
        task.started = now

    def _change_task(self, change: TaskChanged, children: Sequence[NodeSpec]) -> None:
        task = self.tasks[change.key]
        check_transition(task.state, change.state)
        task.state = change.state
        task.reason = change.reason
        task.user_failures = change.user_failures
        task.platform_failures = change.platform_failures
        task.not_before = change.not_before
        if change.state is TaskState.COMPUTED:
            self.insert(children, change.key)


class Crash(Exception):  # noqa: N818 (it is no error of the code under test)
    """The driver died before it had carried out all effects."""


class Recorder:
    """Drives one graph and writes down what comes of it."""

    def __init__(self, *, closed: bool = True, limits: Limits = Limits()) -> None:
        self.now = 1000.0
        self.started_before_crash = 0
        self.records = Records(closed=closed, limits=limits)
        self.graph = JobGraph(closed=closed, **asdict(limits))
        self.started: list[Key] = []
        self.history: dict[Key, list[TaskState]] = {}
        self.stops: list[StopAttempt] = []
        self.die_after: int | None = None

    # --- events ----------------------------------------------------------------------

    def add(self, *specs: NodeSpec) -> None:
        self.graph.tasks_added(specs, self.now)
        self.records.insert(specs, None)
        self.carry_out()

    def start(
        self, limit: int = 1000, accepts: Callable[[Hashable], bool] | None = None
    ) -> list[Start]:
        limit -= self.started_before_crash  # when it was interrupted and is tried again
        starts = self.graph.start_ready(self.now, limit, accepts)
        self.started += [start.key for start in starts]
        self.carry_out(starts)
        return starts

    def finish(
        self,
        key: Key,
        kind: str = "SUCCEEDED",
        *children: NodeSpec,
        attempt: int | None = None,
        **more: Any,
    ) -> bool:
        number = self.graph.node(key).attempt if attempt is None else attempt
        taken = self.graph.attempt_finished(key, number, kind, self.now, children=children, **more)
        self.carry_out(children=children)
        return taken

    def close(self) -> None:
        self.records.closed = True
        self.graph.close(self.now)
        self.carry_out()

    def cancel(self, reason: str = "JobCancelled") -> None:
        self.records.cancelling |= not self.graph.is_final
        self.graph.cancel(self.now, reason)
        self.carry_out()

    def fail(self, reason: str) -> None:
        self.graph.fail(self.now, reason)
        self.carry_out()

    def suspend(self) -> None:
        self.graph.suspend(self.now)
        self.carry_out()

    def resume(self) -> None:
        self.graph.resume(self.now)
        self.carry_out()

    def cancel_task(self, key: Key) -> bool:
        changed = self.graph.cancel_task(key, self.now)
        self.carry_out()
        return changed

    def stop_task(self, key: Key) -> bool:
        changed = self.graph.stop_task(key, self.now)
        self.carry_out()
        return changed

    def wait(self, seconds: float) -> None:
        self.wait_until(self.now + seconds)

    def wait_until(self, time: float) -> None:
        self.now = max(self.now, time)
        self.graph.clock_reached(self.now)
        self.carry_out()

    def wake(self) -> bool:
        """Wait until something is due; return False if nothing ever will be."""
        due = self.graph.next_wake
        if due is None:
            return False
        self.wait_until(due)
        return True

    # --- effects ---------------------------------------------------------------------

    def carry_out(self, starts: Sequence[Start] = (), children: Sequence[NodeSpec] = ()) -> None:
        effects = self.graph.take_effects()
        for done, effect in enumerate([*starts, *effects]):
            if self.die_after is not None and done >= self.die_after:
                self.started_before_crash = min(done, len(starts))
                raise Crash
            self.records.write(effect, children, self.now)
            if isinstance(effect, StopAttempt):
                self.stops.append(effect)
            elif isinstance(effect, TaskChanged):
                self.history.setdefault(effect.key, []).append(effect.state)
            elif isinstance(effect, Start):
                self.history.setdefault(effect.key, []).append(TaskState.RUNNING)

    def twin(self) -> Recorder:
        """Return another driver that goes on from the same records."""
        other = Recorder(limits=self.records.limits)
        other.now = self.now
        other.records = self.records.copy()
        other.rebuild()
        return other

    def rebuild(self) -> None:
        """Go on from what is recorded, as after a restart of the program."""
        self.graph = JobGraph.rebuild(self.records.observed(), self.now)
        self.die_after = None
        self.carry_out()

    # --- looking ---------------------------------------------------------------------

    @property
    def job(self) -> str:
        return self.graph.state.value

    def state(self, key: Key) -> str:
        return self.graph.node(key).state.value

    def states(self) -> dict[Key, str]:
        return {key: task.state.value for key, task in self.records.tasks.items()}

    def running(self) -> list[Key]:
        return [key for key, task in self.records.tasks.items() if task.state is TaskState.RUNNING]


def snapshot(graph: JobGraph) -> dict[str, Any]:
    """Return all that matters of a graph, so that two of them can be compared.

    Attempts of cancelled tasks are left out: a driver's records do not tell whether they
    have ended.  Of what can change no more, a final task or job, only what was recorded counts.
    """
    return {
        "job": (
            graph.state,
            graph.reason,
            graph.cause,
            graph.first_failure,
            graph.closed,
            graph.suspended,
            graph.ending,
        ),
        "counts": (graph.open_top, graph.running_count, graph.ready_count),
        "groups": sorted(map(repr, graph.ready_groups())),
        "next_wake": graph.next_wake,
        "tasks": {key: _task(graph, key) for key in graph.nodes},
    }


def _task(graph: JobGraph, key: Key) -> tuple[Any, ...]:
    node = graph.node(key)
    recorded = (
        node.state,
        node.reason,
        node.attempt,
        node.user_failures,
        node.platform_failures,
        node.depth,
        None if node.root is None else node.root.key,
    )
    if graph.is_final:
        return recorded
    if node.state is TaskState.QUEUED:
        return (*recorded, node.not_before, node.waiting, node.open_dependencies)
    if node.state is TaskState.RUNNING:
        return (*recorded, node.closed, node.stop_requested)
    if node.state is TaskState.COMPUTED:
        return (*recorded, node.closed, node.open_children)
    return recorded
