"""Giving ready tasks to runners."""

from __future__ import annotations

from fairlead.api.names import pod_name
from fairlead.core.node import Node
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import TaskState
from fairlead_operator.jobs import jobstatus, taskstatus
from fairlead_operator.jobs.actions import PatchTask, StartTask
from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.asking import Grant, Refused, Wanted
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.effects import numbers_changed
from fairlead_operator.jobs.tasks import TaskRecord

AT_ONCE = 64
"""How many attempts may be about to start, so that decisions do not run far ahead of writes."""

REPORT_TIME = 10.0
"""Seconds beyond its time-out in which a runner that enforces it may report."""

MOST_TOLD = 100
"""How many tasks of one kind are told why they do not start; the others wait for the same."""


def start_ready(board: Board, now: float) -> bool:
    """Start what can be started; return whether there may be more to start at once."""
    room = AT_ONCE - len(board.pending)
    if not board.graph.ready_count or room <= 0:
        return False
    grants: dict[str, Grant | Refused] = {}
    refused: dict[Wanted, Refused] = {}

    def accepts(wanted: object) -> bool:
        if not isinstance(wanted, Wanted):
            return False
        found = board.runners.available(wanted)
        if found is not None and not found.final:
            refused[wanted] = found
        return found is None or found.final

    def acquired(node: Node) -> bool:
        return _acquire(board, node, grants, refused, now)

    starts = board.graph.start_ready(now, room, accepts, acquired)
    for name, attempt in starts:
        _start(board, str(name), attempt, grants[str(name)], now)
    _tell(board, refused, now)
    return len(starts) == room


def _acquire(
    board: Board,
    node: Node,
    grants: dict[str, Grant | Refused],
    refused: dict[Wanted, Refused],
    now: float,
) -> bool:
    wanted, name = node.spec.group, str(node.key)
    if not isinstance(wanted, Wanted):
        return False
    found = board.runners.available(wanted)
    if found is not None:
        grants[name] = found
        return True
    record = board.records[name]
    pod = pod_name(name, creator_uid=record.facts.uid, attempt=node.attempt + 1)
    answer = board.runners.acquire(wanted, pod, now)
    if isinstance(answer, Refused) and not answer.final:
        if answer.reason:
            refused[wanted] = answer
        return False
    grants[name] = answer
    return True


def _start(board: Board, name: str, attempt: int, grant: Grant | Refused, now: float) -> None:
    if isinstance(grant, Refused):
        _never(board, name, attempt, grant, now)
        return
    record = board.records[name]
    board.holders[grant.pod_name] = name
    board.pending.add(name)
    body = taskstatus.started(record, attempt, grant, now)
    board.do(StartTask(name, attempt, body, grant))
    board.expect(
        name,
        state=TaskState.RUNNING if grant.warm else TaskState.QUEUED,
        attempt=attempt,
        pod_name=grant.pod_name,
        size=grant.size,
        release=grant.release,
        assigned=now,
        not_before=None,
        started=None,
        outcome=None,
        children=0,
        stop="",
        delivery=None,
    )
    if grant.warm:
        watch_time(board, record, attempt, now)
    else:
        watch_start(board, record, attempt, now)
    numbers_changed(board, now)


def _never(board: Board, name: str, attempt: int, refused: Refused, now: float) -> None:
    """End a task that will never run: with its job, or alone where it is optional.

    The graph has started it, for it knows no other way from there; nothing of that is written.
    """
    if board.graph.node(name).root is None:
        if board.failure is None:
            board.failure = jobstatus.failure_of(
                board.records[name], refused.reason, "TaskError", refused.message
            )
        board.graph.fail(now, refused.reason)
    reason = f"{refused.reason}: {refused.message}"
    board.graph.attempt_finished(name, attempt, OutcomeKind.NON_RETRYABLE, now, reason=reason)


def watch_time(board: Board, record: TaskRecord, attempt: int, began: float) -> None:
    """See that an attempt ends in time even if its runner does not see to it."""
    if record.facts.timeout is not None:
        due = began + record.facts.timeout + REPORT_TIME
        board.alarms.set(due, AlarmKind.TIMEOUT, record.name, attempt)


def watch_start(board: Board, record: TaskRecord, attempt: int, since: float) -> None:
    """See that an attempt begins in time, for it waits until its runner is there."""
    queue_timeout = record.facts.policy.queue_timeout
    if queue_timeout is not None:
        node = board.graph.node(record.name)
        waiting = node.waiting_since or since
        board.alarms.set(waiting + queue_timeout, AlarmKind.QUEUE, record.name, attempt)


def _tell(board: Board, refused: dict[Wanted, Refused], now: float) -> None:
    """Tell the tasks why they do not start, where that is news and somebody can change it."""
    news = {
        wanted: found
        for wanted, found in refused.items()
        if found.reason and board.refused.get(wanted) != found
    }
    board.refused = refused
    if not news:
        return
    told = dict.fromkeys(news, 0)
    for node in board.graph.nodes.values():
        found = news.get(node.spec.group) if node.waiting else None  # type: ignore[call-overload]
        if found is not None and told[node.spec.group] < MOST_TOLD:  # type: ignore[index]
            told[node.spec.group] += 1  # type: ignore[index]
            tell(board, board.records[str(node.key)], found.reason, found.message, now)


def tell(board: Board, record: TaskRecord, reason: str, message: str, now: float) -> None:
    """Write what keeps a task from starting into its conditions, unless that is there."""
    if taskstatus.not_runnable(record) != (reason, message):
        conditions = taskstatus.runnable(record, reason, message, now)
        board.do(PatchTask(record.name, {"conditions": conditions}, free=True))
