"""How attempts end: by the runner's report, or because their pod ended without one."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.api import labels
from fairlead.api.words import camel
from fairlead.core.node import NodeSpec
from fairlead.core.outcomes import AT_ONCE, OutcomeKind
from fairlead.core.states import TaskState
from fairlead.errors import DependencyError, DuplicateTaskError, InvalidRequestError
from fairlead_operator.jobs import taskstatus
from fairlead_operator.jobs.actions import DeleteSiblings, DeleteTask, EmitEvent, ListSiblings
from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.asking import Wanted
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.nodes import specs_of
from fairlead_operator.jobs.selecting import committed, strays
from fairlead_operator.jobs.tasks import Outcome, TaskRecord

CHILDREN_PATIENCE = 5.0
"""Seconds after which subtasks that were reported but not seen are listed."""

_WORDS = {OutcomeKind.NEVER_STARTED: "NotLoaded"}
"""Reasons of what runners report, where they are not the kind: one that can report has started."""

KEPT = frozenset({TaskState.COMPUTED, TaskState.COMPLETED})


def reported(board: Board, record: TaskRecord, outcome: Outcome, now: float) -> None:
    """Take an attempt's end as its runner reported it."""
    if outcome.kind in AT_ONCE or outcome.kind is OutcomeKind.NEVER_STARTED:
        # Whatever ended the attempt ends the runner too, though that may be seen only later.
        board.runners.leaving(record.pod_name, now)
    else:
        board.runners.idle(record.pod_name, now if outcome.time is None else outcome.time, now)
    if outcome.kind is not OutcomeKind.SUCCEEDED:
        failed(board, record, outcome.kind, _why(outcome), now, _WORDS.get(outcome.kind, ""))
    elif not record.children:
        _succeeded(board, record, (), now)
    elif not commit(board, record, now):
        board.alarms.set(now + CHILDREN_PATIENCE, AlarmKind.CHILDREN, record.name, record.attempt)


def _why(outcome: Outcome) -> str:
    return ": ".join(text for text in (outcome.type, outcome.message) if text)


def commit(board: Board, record: TaskRecord, now: float) -> bool:
    """Commit an attempt with its subtasks, if all of them are there."""
    made = board.made.get(_label(record), {})
    if len(made) < record.children:
        return False
    children = committed(record, made.values())
    if len(children) < record.children:
        return False
    try:
        specs = specs_of(board.job, children)
    except (DependencyError, InvalidRequestError) as error:
        failed(board, record, OutcomeKind.NON_RETRYABLE, str(error), now)
        return True
    _succeeded(board, record, specs, now)
    return True


def void(board: Board, record: TaskRecord, now: float) -> None:
    """End an attempt that reported more subtasks than there are."""
    if not commit(board, record, now):
        seen = len(board.made.get(_label(record), ()))
        message = f"it reported {record.children} subtasks, but only {seen} are there"
        failed(board, record, OutcomeKind.LOST, message, now)


def _succeeded(board: Board, record: TaskRecord, specs: Sequence[NodeSpec], now: float) -> None:
    try:
        board.graph.attempt_finished(
            record.name, record.attempt, OutcomeKind.SUCCEEDED, now, children=specs
        )
    except (DependencyError, DuplicateTaskError) as error:
        failed(board, record, OutcomeKind.NON_RETRYABLE, str(error), now)
        return
    if board.graph.node(record.name).state in KEPT:
        sweep_strays(board, record)
    else:
        # Its subtasks would exceed a limit of the job.
        _remember(board, record, OutcomeKind.NON_RETRYABLE, "its subtasks exceed a limit", now)
        sweep(board, _label(record))


def failed(
    board: Board,
    record: TaskRecord,
    kind: OutcomeKind,
    message: str,
    now: float,
    word: str = "",
) -> None:
    """End an attempt that did not succeed; its subtasks are removed.

    ``word`` is the reason, where it is not the kind.
    """
    name = record.name
    _remember(board, record, kind, message, now)
    if kind is OutcomeKind.OUT_OF_MEMORY:
        _grow(board, record)
    word = word or camel(kind)
    reason = f"{word}: {message}" if message else word
    board.graph.attempt_finished(name, record.attempt, kind, now, reason=reason)
    if board.graph.node(name).state is TaskState.QUEUED and kind is not OutcomeKind.RELEASED:
        note = f"{record.facts.identifier}, attempt {record.attempt}: {reason}"
        board.do(EmitEvent("AttemptFailed", note, True, name, record.facts.uid))
    if board.made.get(_label(record)):
        sweep(board, _label(record))


def _remember(
    board: Board, record: TaskRecord, kind: OutcomeKind, message: str, now: float
) -> None:
    board.ended[record.name] = taskstatus.attempt_record(record, kind, message, now)


def _grow(board: Board, record: TaskRecord) -> None:
    """Let the next attempt have a larger machine, where its size says which."""
    larger = board.runners.grows_to(record.size)
    group = board.graph.node(record.name).spec.group
    if larger and isinstance(group, Wanted):
        board.graph.regroup(record.name, group._replace(size=larger))


def grown_size(board: Board, record: TaskRecord) -> str:
    """Return the size that the next attempt is to have, where it is not that of the last."""
    group = board.graph.node(record.name).spec.group
    size = group.size if isinstance(group, Wanted) else ""
    return size if record.attempt and size and size != record.size else ""


def sweep(board: Board, siblings: str) -> None:
    """Remove the subtasks of an attempt that was not committed, once."""
    board.made.pop(siblings, None)
    if siblings not in board.swept:
        board.swept.add(siblings)
        board.do(DeleteSiblings(siblings))


def sweep_strays(board: Board, parent: TaskRecord) -> None:
    """Remove what lies among the subtasks of a committed attempt and is none of them."""
    for record in strays(parent, board.made.pop(_label(parent), {}).values()):
        board.do(DeleteTask(record.name, record.facts.uid))


def look_for_children(board: Board, record: TaskRecord) -> None:
    """List the subtasks of an attempt, because not all were seen."""
    board.do(ListSiblings(record.name, record.attempt, _label(record)))


def _label(record: TaskRecord) -> str:
    return labels.parent_attempt(record.facts.uid, record.attempt)
