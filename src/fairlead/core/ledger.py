"""The state of one job's graph, and the few moves that all rules are made of.

Everything that changes a task does so through this file.  Whether a task may go on is
never found by looking around: each node counts its dependencies and its children that
have not *ended well*, and whatever ends well counts down its dependents and its parent.

A task ends well when those who wait for it may go on: it is COMPLETED, FAILED_OPTIONAL
or SKIPPED, or it was cancelled on its own at or below an optional root.  A task that
failed, or was cancelled with its job, never counts anybody down; its job ends instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.core.effects import Effect, JobChanged, TaskChanged
from fairlead.core.node import Key, Node, NodeSpec
from fairlead.core.ready import ReadyQueue
from fairlead.core.reasons import TASK_CANCELLED
from fairlead.core.states import (
    FINAL_JOB_STATES,
    JobState,
    TaskState,
    check_job_transition,
    check_transition,
)
from fairlead.core.timers import TimerKind, Timers

QUEUED = TaskState.QUEUED
RUNNING = TaskState.RUNNING
COMPUTED = TaskState.COMPUTED
COMPLETED = TaskState.COMPLETED

# Building the tuple directly costs half of calling the class, on the hottest path there is.
_tuple = tuple.__new__


class Ledger:
    """All nodes of a job, what is ready, what is due, and what a driver has to do."""

    __slots__ = (
        "abandoned",
        "cause",
        "closed",
        "effects",
        "ending",
        "first_failure",
        "max_depth",
        "max_tasks",
        "nodes",
        "open_top",
        "overdue",
        "platform_budget",
        "positions",
        "queue",
        "reason",
        "resumed_at",
        "running",
        "started",
        "state",
        "suspended",
        "timers",
    )

    def __init__(
        self, *, closed: bool, platform_budget: int, max_depth: int, max_tasks: int, started: bool
    ) -> None:
        self.closed = closed
        self.platform_budget = platform_budget
        self.max_depth = max_depth
        self.max_tasks = max_tasks
        self.started = started
        self.state = JobState.RUNNING if started else JobState.QUEUED
        self.reason: str | None = None
        self.cause: str | None = None
        self.first_failure: Key | None = None
        self.ending: JobState | None = None
        """FAILED or CANCELLED once it is certain that the job ends so, else None."""
        self.suspended = False
        self.resumed_at = 0.0
        self.nodes: dict[Key, Node] = {}
        self.positions = 0
        self.open_top = 0
        """How many top-level tasks have not ended well yet."""
        self.running = 0
        self.queue = ReadyQueue()
        self.timers = Timers()
        self.overdue: list[Node] = []
        """Tasks whose wait for a runner ran out while the job was suspended."""
        self.abandoned: set[tuple[Key, int]] = set()
        """Attempts of cancelled tasks that nobody has reported the end of yet."""
        self.effects: list[Effect] = []

    @property
    def is_final(self) -> bool:
        """Whether this run of the job has ended."""
        return self.state in FINAL_JOB_STATES

    # --- tasks come ------------------------------------------------------------------

    def add(self, specs: Sequence[NodeSpec], parent: Node | None) -> list[Node]:
        """Add checked tasks, QUEUED and not ready yet."""
        nodes = self.nodes
        queue = self.queue
        position = self.positions
        added = []
        group: object = queue  # equal to no group
        policy = limit_name = lane = None
        for spec in specs:
            if (
                lane is None
                or spec.policy is not policy
                or spec.limit_name != limit_name
                or spec.group != group
            ):
                group, policy, limit_name = spec.group, spec.policy, spec.limit_name
                lane = queue.lane_for(spec)
            node = Node(spec, parent, position, lane)
            position += 1
            nodes[node.key] = node
            added.append(node)
        self.positions = position
        for node in added:
            if node.spec.depends_on:
                self._depend(node)
        if parent is None:
            self.open_top += len(added)
        else:
            parent.children = added
            parent.open_children = len(added)
        return added

    def _depend(self, node: Node) -> None:
        for key in dict.fromkeys(node.spec.depends_on):
            dependency = self.nodes[key]
            if not ended_well(dependency):
                node.open_dependencies += 1
                if dependency.dependents is None:
                    dependency.dependents = []
                dependency.dependents.append(node)

    # --- tasks change ----------------------------------------------------------------

    def move(self, node: Node, state: TaskState, reason: str | None) -> None:
        """Change one task's state and have it written."""
        check_transition(node.state, state)
        if node.waiting:
            self.queue.remove(node)
        if node.state is RUNNING:
            self.leave_runner(node)
        node.state = state
        node.reason = reason
        self.write(node)

    def write(self, node: Node) -> None:
        """Have the driver write the task as it is now."""
        self.effects.append(
            _tuple(
                TaskChanged,
                (
                    node.key,
                    node.state,
                    node.reason,
                    node.user_failures,
                    node.platform_failures,
                    node.not_before,
                ),
            )
        )

    def leave_runner(self, node: Node) -> None:
        """Take back what a running task holds."""
        self.running -= 1
        limit = node.lane.limit
        limit.running -= 1
        if limit.blocked:
            self.queue.freed(limit)

    def make_ready(self, node: Node, now: float) -> None:
        """Let a queued task, whose dependencies have all ended well, be started."""
        self.queue.push(node)
        node.waiting_since = now
        queue_timeout = node.policy.queue_timeout
        if queue_timeout is not None:
            self.timers.set(now + queue_timeout, TimerKind.QUEUE, node)

    def settle(self, node: Node, now: float) -> None:
        """Count down whoever waits for a task that has ended well, upwards to the job.

        A loop, because a tree may be deeper than Python's stack.
        """
        while True:
            if node.dependents is not None:
                self._release(node.dependents, now)
                node.dependents = None
            parent = node.parent
            if parent is None:
                self.open_top -= 1
                self.check_end()
                return
            parent.open_children -= 1
            if parent.open_children or parent.state is not COMPUTED:
                return
            parent.state = COMPLETED
            self.write(parent)
            node = parent

    def _release(self, dependents: list[Node], now: float) -> None:
        for dependent in dependents:
            dependent.open_dependencies -= 1
            if not dependent.open_dependencies and dependent.state is QUEUED:
                self.make_ready(dependent, now)

    # --- the job changes -------------------------------------------------------------

    def check_end(self) -> None:
        """End the job if nothing is left to wait for.

        A job that is failing or cancelled waits for its running attempts, any other for
        its top-level tasks; neither ends while tasks may still be added.
        """
        if not self.closed or self.is_final:
            return
        if self.ending is not None:
            if not self.running:
                self.change_job(self.ending, self.cause)
        elif not self.open_top:
            self.change_job(JobState.COMPLETED, None)

    def change_job(self, state: JobState, reason: str | None) -> None:
        """Change the job's state or its reason and have it written."""
        check_job_transition(self.state, state)
        self.state = state
        self.reason = reason
        self.suspended = state is JobState.SUSPENDED
        self.effects.append(JobChanged(state, reason, self.cause, self.first_failure))


def ended_well(node: Node) -> bool:
    """Return whether those who wait for this task may go on."""
    state = node.state
    if state is COMPLETED or state is TaskState.FAILED_OPTIONAL or state is TaskState.SKIPPED:
        return True
    return state is TaskState.CANCELLED and node.root is not None and node.reason == TASK_CANCELLED
