"""Attempts whose pod the API server has refused: they wait until it may be asked for again.

Such an attempt is recorded and stays so; nothing is charged for it.  Its pod counts nowhere
meanwhile, so that others have its room, and it is asked for like any other runner.
"""

from __future__ import annotations

from fairlead_operator.jobs.actions import CreatePod
from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.asking import Grant
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.starting import tell
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.runners.refusal import Refusal

LONGEST_WAIT = 60.0
"""Seconds after which one that waits for its turn asks by itself whether it has come."""


def park(
    board: Board,
    record: TaskRecord,
    grant: Grant,
    refusal: Refusal,
    now: float,
    until: float | None,
) -> None:
    """Let an attempt wait.

    Parameters
    ----------
    until
        When it is tried again; None if whoever gives out runners says when.
    """
    board.grants[record.name] = grant
    tell(board, record, refusal.reason, refusal.message, now)
    if until is None:
        ask_again(board, record, now)
    else:
        _ask_at(board, record, until)


def _ask_at(board: Board, record: TaskRecord, time: float) -> None:
    """Have an attempt ask by itself then, and at no other time that it was to before."""
    board.asks_at[record.name] = time
    board.alarms.set(time, AlarmKind.POD, record.name, record.attempt)


def time_came(board: Board, record: TaskRecord, time: float, now: float) -> None:
    """Let an attempt that waits ask by itself, if that is the time at which it was to."""
    if record.name in board.grants and board.asks_at.get(record.name) == time:
        ask_again(board, record, now)


def ask_again(board: Board, record: TaskRecord, now: float) -> bool:
    """Have the pod of an attempt made if there is room for it; else let it wait its turn."""
    grant = board.grants[record.name]
    refused = board.runners.again(grant, now)
    if refused is None:
        del board.grants[record.name]
        board.queueing.pop(record.name, None)
        board.do(CreatePod(record.name, record.attempt, grant))
        return True
    board.queueing[record.name] = None
    if refused.reason:
        tell(board, record, refused.reason, refused.message, now)
    _ask_at(board, record, now + LONGEST_WAIT)
    return False


def ask_all(board: Board, now: float) -> None:
    """Ask again for the pods of all that wait their turn; for what is full, only once."""
    full: set[str] = set()
    for name in list(board.queueing):
        grant = board.grants.get(name)
        if grant is None:
            del board.queueing[name]
        elif grant.size not in full and not ask_again(board, board.records[name], now):
            full.add(grant.size)
