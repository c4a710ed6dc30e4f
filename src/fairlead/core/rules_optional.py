"""Optional tasks, and what a failure means for a task's surroundings.

The *optional root* of a task is the nearest task, from itself upwards, that is optional
in its own right.  A task without one fails its job.  A task with one is FAILED_OPTIONAL,
and its root is *closed*: whatever is still queued anywhere under the root is SKIPPED,
what its running tasks submit later is SKIPPED at once, nothing under it is tried again.
The root itself ends with whatever it came to, and what depends on it runs.  An inner
optional task is its own root, so that its failure reaches nothing outside itself; but an
outer root that closes takes the inner ones with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.core.ledger import Ledger
from fairlead.core.node import Node
from fairlead.core.reasons import OPTIONAL_ROOT_FAILED, TASK_FAILED
from fairlead.core.rules_ending import begin_failing
from fairlead.core.states import TaskState


def fail_task(ledger: Ledger, node: Node, reason: str, now: float) -> None:
    """End a task that has no retries left."""
    if node.root is None:
        ledger.move(node, TaskState.FAILED, reason)
        begin_failing(ledger, TASK_FAILED, node.key)
    else:
        ledger.move(node, TaskState.FAILED_OPTIONAL, reason)
        end_under_root(ledger, node, now)


def end_under_root(ledger: Ledger, node: Node, now: float) -> None:
    """Draw the consequences for those who waited for a task that ended under its root."""
    if node.root is not None and node.root is not node:
        # First skip, then count down: its dependents are under the root too.
        close_root(ledger, node.root, now)
    ledger.settle(node, now)


def close_root(ledger: Ledger, root: Node, now: float) -> None:
    """Let an optional root, and every one inside it, take no new work."""
    if not root.closed:
        root.closed = True
        skip(ledger, _open_under(root), now)


def _open_under(root: Node) -> list[Node]:
    """Close the roots under a root and return the tasks still queued there.

    Only tasks with open subtasks are looked into: under a final one all is final.
    """
    queued = []
    parents = [root]
    while parents:
        for node in parents.pop().children or ():
            node.closed = node.root is node
            if node.state is TaskState.QUEUED:
                queued.append(node)
            elif node.state is TaskState.COMPUTED:
                parents.append(node)
    return queued


def skip(ledger: Ledger, nodes: Iterable[Node], now: float) -> None:
    """Skip queued tasks under a closed root; they count as done for their parents."""
    skipped = list(nodes)
    for node in skipped:
        ledger.move(node, TaskState.SKIPPED, OPTIONAL_ROOT_FAILED)
    for node in skipped:
        ledger.settle(node, now)


def is_closed(node: Node) -> bool:
    """Return whether the task is under an optional root that takes no new work."""
    return node.root is not None and node.root.closed
