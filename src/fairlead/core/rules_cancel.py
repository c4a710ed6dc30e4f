"""Cancel one task, or ask it to stop.

To cancel a task discards whatever it is doing: it and its descendants are CANCELLED at
once, also where an attempt still runs; that attempt is to be stopped, and its report will
change nothing.  If the task is an optional root, what depends on it runs; if it is under
one, that root closes; otherwise the job fails.

To stop a task only asks: what it returns is kept, but it is not tried again.  A task that
has not started is cancelled by either.  To stop a task that waits for its subtasks is to
stop each of those that are still open.
"""

from __future__ import annotations

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.ledger import Ledger
from fairlead.core.node import Node
from fairlead.core.reasons import PARENT_CANCELLED, TASK_CANCELLED
from fairlead.core.rules_ending import begin_failing
from fairlead.core.rules_optional import end_under_root
from fairlead.core.states import FINAL_TASK_STATES, TaskState


def cancel_task(ledger: Ledger, node: Node, now: float) -> None:
    """Cancel a task that is not final, with its descendants."""
    # The task itself first: should the program die in between, the rest follows from it.
    _discard(ledger, node, TASK_CANCELLED)
    cancel_under(ledger, node)
    if node.root is None:
        begin_failing(ledger, TASK_CANCELLED, node.key)
    else:
        end_under_root(ledger, node, now)


def cancel_under(ledger: Ledger, top: Node) -> None:
    """Cancel whatever is open under a cancelled task.  None of it counts anybody down."""
    for node in open_under(top):
        _discard(ledger, node, PARENT_CANCELLED)


def open_under(top: Node) -> list[Node]:
    """Return the tasks under this one that are not final, parents before their children."""
    found: list[Node] = []
    parents = [top]
    while parents:
        for node in parents.pop().children or ():
            if node.state not in FINAL_TASK_STATES:
                found.append(node)
                if node.children:
                    parents.append(node)
    return found


def _discard(ledger: Ledger, node: Node, reason: str) -> None:
    was_running = node.state is TaskState.RUNNING
    ledger.move(node, TaskState.CANCELLED, reason)
    if was_running:
        ledger.abandoned.add((node.key, node.attempt))
        ledger.effects.append(StopAttempt(node.key, node.attempt, StopKind.CANCEL))


def stop_task(ledger: Ledger, node: Node, now: float) -> None:
    """Ask a task that is not final to stop."""
    targets = open_under(node) if node.state is TaskState.COMPUTED else [node]
    for target in targets:
        if target.state is TaskState.RUNNING:
            _ask(ledger, target)
    for target in targets:
        # One may have been skipped, or cancelled with the job, on account of another.
        if target.state is TaskState.QUEUED:
            cancel_task(ledger, target, now)


def _ask(ledger: Ledger, node: Node) -> None:
    node.stop_requested = True
    ledger.effects.append(StopAttempt(node.key, node.attempt, StopKind.STOP))
