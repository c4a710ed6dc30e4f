"""Since when tasks have wanted nothing but a runner, for a model that was made anew.

The graph knows of those that become ready while it lives.  Of the others, what an earlier
model of the same process knew counts, and else what the Task itself tells: a task that
depends on nothing was ready when it was made, a retry when its pause was over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairlead.api.times import seconds
from fairlead.core.node import Node
from fairlead.core.states import TaskState
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.tasks import TaskRecord


def recall(board: Board, known: Mapping[str, float], now: float) -> None:
    """Set when the tasks without a runner became ready; those whose wait is bounded aside.

    A bound on the wait counts from when it was first seen by this model, as it always has.
    """
    for node, record in _without_runner(board):
        if node.policy.queue_timeout is None:
            since = known.get(record.name) or _told(record) or now
            node.waiting_since = min(since, now)


def known(board: Board) -> dict[str, float]:
    """Return when the tasks without a runner became ready, by name."""
    return {
        record.name: node.waiting_since
        for node, record in _without_runner(board)
        if node.waiting_since
    }


def _without_runner(board: Board) -> Iterator[tuple[Node, TaskRecord]]:
    for node in board.graph.nodes.values():
        if node.waiting or node.state is TaskState.RUNNING:
            record = board.records[str(node.key)]
            if node.waiting or record.starting:
                yield node, record


def _told(record: TaskRecord) -> float | None:
    if record.starting:
        return None if record.facts.depends_on else max(record.facts.created, _ended(record))
    if record.not_before is not None:
        return record.not_before
    if record.attempts:
        return _ended(record)
    return None if record.facts.depends_on else record.facts.created


def _ended(record: TaskRecord) -> float:
    """Return when the latest attempt that has ended did so; 0 if there is none."""
    if not record.attempts:
        return 0.0
    return seconds(record.attempts[-1].get("endTime")) or 0.0
