"""What becomes of a task whose attempt has ended.

A success makes it COMPLETED, or COMPUTED where it submitted subtasks; these come into
being with it and with nothing else.  A failure is charged to one of two budgets, the
user's (``max_retries``) or the platform's; while that budget lasts and the job and the
optional root still take work, the task is QUEUED again after its backoff.  An attempt
that its runner handed back is charged to nobody and may start again at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.core.ledger import Ledger
from fairlead.core.node import Node, NodeSpec
from fairlead.core.outcomes import Budget, OutcomeKind
from fairlead.core.reasons import LIMIT_EXCEEDED
from fairlead.core.retry import backoff_delay, budget_of, waits_before_retry
from fairlead.core.rules_cancel import cancel_task
from fairlead.core.rules_ending import cancel_with_job
from fairlead.core.rules_optional import fail_task, is_closed, skip
from fairlead.core.specs import check_specs
from fairlead.core.states import TaskState
from fairlead.core.timers import TimerKind


def attempt_succeeded(ledger: Ledger, node: Node, specs: Sequence[NodeSpec], now: float) -> None:
    """Commit an attempt that returned, with the subtasks it submitted.

    Raises
    ------
    DuplicateTaskError, DependencyError
        If the subtasks cannot be added; nothing has changed then.
    """
    if not specs:
        ledger.move(node, TaskState.COMPLETED, None)
        ledger.settle(node, now)
        return
    exceeded = limit_exceeded(ledger, len(specs), node.depth + 1)
    if exceeded is not None:
        attempt_failed(ledger, node, OutcomeKind.NON_RETRYABLE, now, exceeded, None)
        return
    check_specs(specs, ledger.nodes.keys(), _nothing_else)
    ledger.move(node, TaskState.COMPUTED, None)
    enter(ledger, ledger.add(specs, node), now, is_closed(node))


def _nothing_else(_key: object) -> bool:
    """Subtasks depend on their siblings only."""
    return False


def enter(ledger: Ledger, nodes: list[Node], now: float, root_closed: bool) -> None:
    """Let tasks that have just been added wait, be ready, be skipped or be cancelled."""
    if ledger.ending is not None:
        for node in nodes:
            cancel_with_job(ledger, node)
    elif root_closed:
        skip(ledger, nodes, now)
    else:
        for node in nodes:
            if not node.open_dependencies:
                ledger.make_ready(node, now)


def limit_exceeded(ledger: Ledger, number: int, depth: int) -> str | None:
    """Return in words which limit so many new tasks at that depth would exceed."""
    if depth > ledger.max_depth:
        return (
            f"{LIMIT_EXCEEDED}: its subtasks would be at depth {depth}, and a job may be"
            f" {ledger.max_depth} deep; check that the recursion ends, or raise the limit"
        )
    total = len(ledger.nodes) + number
    if total > ledger.max_tasks:
        return (
            f"{LIMIT_EXCEEDED}: with {number} more the job would have {total} tasks, and it may"
            f" have {ledger.max_tasks}; check that the recursion ends, or raise the limit"
        )
    return None


def attempt_failed(
    ledger: Ledger,
    node: Node,
    kind: str,
    now: float,
    reason: str | None,
    retry_after: float | None,
) -> None:
    """Charge an attempt that did not succeed, and try its task again or end it."""
    budget = budget_of(kind)
    if ledger.ending is not None:
        cancel_with_job(ledger, node)
        return
    asked_to_stop = node.stop_requested
    left = charge(ledger, node, budget)
    if asked_to_stop and budget in (Budget.PLATFORM, Budget.UNCHARGED):
        # It would have to begin again, and was asked not to go on.
        cancel_task(ledger, node, now)
    elif budget is Budget.UNCHARGED:
        _release(ledger, node, now, reason or kind)
    elif left and not asked_to_stop and not is_closed(node):
        delay = retry_after if retry_after is not None else _delay(node, kind, budget)
        _retry(ledger, node, now, reason or kind, delay)
    else:
        fail_task(ledger, node, reason or kind, now)


def charge(ledger: Ledger, node: Node, budget: Budget) -> bool:
    """Charge a failure and return whether the budget allows another attempt."""
    if budget is Budget.PLATFORM:
        node.platform_failures += 1
        return node.platform_failures <= ledger.platform_budget
    if budget is Budget.UNCHARGED:
        return True
    node.user_failures += 1
    return budget is Budget.USER and node.user_failures <= node.policy.max_retries


def _delay(node: Node, kind: str, budget: Budget) -> float:
    if not waits_before_retry(kind):
        return 0.0
    failures = node.platform_failures if budget is Budget.PLATFORM else node.user_failures
    policy = node.policy
    return backoff_delay(
        node.spec.token, node.attempt, failures, policy.backoff, policy.max_backoff
    )


def _retry(ledger: Ledger, node: Node, now: float, reason: str, delay: float) -> None:
    node.not_before = now + delay if delay > 0 else None
    ledger.move(node, TaskState.QUEUED, reason)
    if node.not_before is None:
        ledger.make_ready(node, now)
    else:
        ledger.timers.set(node.not_before, TimerKind.BACKOFF, node)


def _release(ledger: Ledger, node: Node, now: float, reason: str) -> None:
    node.not_before = None
    ledger.move(node, TaskState.QUEUED, reason)
    if is_closed(node):
        skip(ledger, [node], now)
    else:
        ledger.make_ready(node, now)
