"""Make a graph from what a driver has recorded, and make up for what it has not.

What can be derived is derived, never read: how many dependencies and subtasks are open,
which optional roots are closed, whether the job fails because of a task.  A driver that
died between two effects left a prefix of them; the same rules that made the effects then
find the rest:

1. what is open under a task that was cancelled on its own, is cancelled;
2. a task that failed without an optional root, or was cancelled so, fails the job;
3. an optional root under which something failed, or was cancelled, is closed;
4. a failing or cancelled job has nothing queued, and stops what runs;
5. a COMPUTED task whose subtasks have all ended well is COMPLETED;
6. what could start is ready; a job with nothing left to do ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.ledger import Ledger, ended_well
from fairlead.core.node import Key, Node
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.reasons import (
    CANCELLING,
    FAILING,
    JOB_CANCELLED,
    PARENT_CANCELLED,
    TASK_CANCELLED,
    TASK_FAILED,
)
from fairlead.core.rules_cancel import cancel_under
from fairlead.core.rules_ending import begin_cancelling, begin_failing, sweep
from fairlead.core.rules_optional import close_root
from fairlead.core.states import JobState, TaskState
from fairlead.core.timers import TimerKind
from fairlead.errors import DependencyError


def restore(ledger: Ledger, observed: ObservedJob, now: float) -> None:
    """Fill an empty ledger from what was observed, and repair it."""
    tasks = list(observed.tasks)
    _load_job(ledger, observed, tasks)
    _load_tasks(ledger, tasks)
    _connect(ledger)
    if not ledger.is_final:
        _repair(ledger, observed, now)
        _set_off(ledger, tasks, now)
        ledger.check_end()


# --- what is recorded ----------------------------------------------------------------


def _load_job(ledger: Ledger, observed: ObservedJob, tasks: Iterable[ObservedTask]) -> None:
    ledger.state = observed.state
    ledger.reason = observed.reason
    ledger.cause = observed.cause
    ledger.first_failure = observed.first_failure
    ledger.suspended = observed.state is JobState.SUSPENDED
    ledger.started = observed.state is JobState.RUNNING or any(
        task.state is TaskState.RUNNING or (ledger.suspended and task.attempt) for task in tasks
    )
    if ledger.is_final:
        ledger.closed = True
        ledger.ending = None if observed.state is JobState.COMPLETED else observed.state


def _load_tasks(ledger: Ledger, tasks: Iterable[ObservedTask]) -> None:
    for task in tasks:
        node = _node(ledger, task)
        ledger.nodes[node.key] = node
        if node.parent is None:
            ledger.open_top += 1
        elif node.parent.children is None:
            node.parent.children = [node]
        else:
            node.parent.children.append(node)
        if node.state is TaskState.RUNNING:
            ledger.running += 1
            node.lane.limit.running += 1


def _node(ledger: Ledger, task: ObservedTask) -> Node:
    spec = task.spec
    node = Node(spec, _parent(ledger, task), ledger.positions, ledger.queue.lane_for(spec))
    ledger.positions += 1
    node.state = task.state
    node.reason = task.reason
    node.attempt = task.attempt
    node.user_failures = task.user_failures
    node.platform_failures = task.platform_failures
    node.not_before = task.not_before
    node.stop_requested = task.stop_requested
    return node


def _parent(ledger: Ledger, task: ObservedTask) -> Node | None:
    if task.parent is None:
        return None
    parent = ledger.nodes.get(task.parent)
    if parent is None:
        raise DependencyError(
            f"task {task.spec.key!r} was recorded before its parent {task.parent!r}"
        )
    return parent


# --- what is derived -----------------------------------------------------------------


def _connect(ledger: Ledger) -> None:
    for node in ledger.nodes.values():
        well = ended_well(node)
        if node.parent is None:
            ledger.open_top -= well
        elif not well:
            node.parent.open_children += 1
        if node.state is TaskState.QUEUED:
            _connect_dependencies(ledger, node)


def _connect_dependencies(ledger: Ledger, node: Node) -> None:
    for key in dict.fromkeys(node.spec.depends_on):
        dependency = ledger.nodes.get(key)
        if dependency is None:
            raise DependencyError(f"task {node.key!r} depends on {key!r}, which is not recorded")
        if not ended_well(dependency):
            node.open_dependencies += 1
            if dependency.dependents is None:
                dependency.dependents = []
            dependency.dependents.append(node)


# --- what is made up for -------------------------------------------------------------


def _repair(ledger: Ledger, observed: ObservedJob, now: float) -> None:
    nodes = list(ledger.nodes.values())
    for node in nodes:
        if node.reason in (TASK_CANCELLED, PARENT_CANCELLED):
            cancel_under(ledger, node)
    _resume_ending(ledger, observed, _first_failure(nodes))
    for node in nodes:
        if node.root is not None and node.root is not node and _closes_root(node):
            close_root(ledger, node.root, now)
    for node in nodes:
        _complete(ledger, node, now)


def _was_cancelled_alone(node: Node) -> bool:
    return node.state is TaskState.CANCELLED and node.reason == TASK_CANCELLED


def _closes_root(node: Node) -> bool:
    return node.state is TaskState.FAILED_OPTIONAL or _was_cancelled_alone(node)


def _first_failure(nodes: Iterable[Node]) -> Node | None:
    for node in nodes:
        if node.state is TaskState.FAILED or (node.root is None and _was_cancelled_alone(node)):
            return node
    return None


def _resume_ending(ledger: Ledger, observed: ObservedJob, failure: Node | None) -> None:
    """Go on ending a job; what had begun is swept again, for the sweep may be half done."""
    failing = observed.failing or observed.reason == FAILING
    cancelling = observed.cancelling or observed.reason == CANCELLING
    if observed.reason in (FAILING, CANCELLING):
        ledger.ending = JobState.FAILED if failing else JobState.CANCELLED
        ledger.closed = ledger.closed or ledger.ending is JobState.CANCELLED
        sweep(ledger)
    elif failing or failure is not None:
        begin_failing(ledger, *_cause(observed, failure))
    elif cancelling:
        begin_cancelling(ledger, observed.cause or JOB_CANCELLED)
    elif observed.suspended and not ledger.suspended:
        ledger.change_job(JobState.SUSPENDED, None)


def _cause(observed: ObservedJob, failure: Node | None) -> tuple[str, Key | None]:
    if failure is None:
        return observed.cause or observed.reason or TASK_FAILED, observed.first_failure
    alone = _was_cancelled_alone(failure)
    return observed.cause or (TASK_CANCELLED if alone else TASK_FAILED), failure.key


def _complete(ledger: Ledger, node: Node, now: float) -> None:
    if node.state is TaskState.COMPUTED and not node.open_children:
        ledger.move(node, TaskState.COMPLETED, None)
        ledger.settle(node, now)


# --- what goes on --------------------------------------------------------------------


def _set_off(ledger: Ledger, tasks: Iterable[ObservedTask], now: float) -> None:
    for task in tasks:
        node = ledger.nodes[task.spec.key]
        if node.state is TaskState.RUNNING:
            _watch(ledger, node, now if task.started is None else task.started)
        elif node.state is TaskState.QUEUED and not node.waiting and not node.open_dependencies:
            _line_up(ledger, node, task, now)
    if ledger.started and ledger.state is JobState.QUEUED:
        ledger.change_job(JobState.RUNNING, None)


def _watch(ledger: Ledger, node: Node, started: float) -> None:
    if node.policy.timeout is not None:
        ledger.timers.set(started + node.policy.timeout, TimerKind.ATTEMPT, node)
    if node.stop_requested:
        ledger.effects.append(StopAttempt(node.key, node.attempt, StopKind.STOP))


def _line_up(ledger: Ledger, node: Node, task: ObservedTask, now: float) -> None:
    if node.not_before is not None and node.not_before > now:
        ledger.timers.set(node.not_before, TimerKind.BACKOFF, node)
    else:
        ledger.make_ready(node, now if task.waiting_since is None else task.waiting_since)
