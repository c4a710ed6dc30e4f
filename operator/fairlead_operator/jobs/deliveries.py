"""Attempts whose code has ended in time, and whose runners still record what they made.

Thousands of subtasks take minutes to be made, and an API server may be away just then.  A
runner at work on that says so every few seconds, and as long as it does its attempt is not
out of time.  When it last did is told by the operator's own clock: the time that the runner
writes only tells one word from the next.
"""

from __future__ import annotations

from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.effects import LAST_CHANCE
from fairlead_operator.jobs.tasks import TaskRecord

PATIENCE = 30.0
"""Seconds for which a runner's word counts; it gives the next one after five."""


def heard(board: Board, record: TaskRecord, before: TaskRecord | None, now: float) -> None:
    """Take note of a runner's word that it is recording what its attempt has made."""
    if record.delivery is not None and (before is None or before.delivery != record.delivery):
        board.heard[record.name] = now


def told(board: Board, record: TaskRecord, written: TaskRecord | None, now: float) -> None:
    """Take note that a Task tells its runner that its time is over: it gets a last chance.

    ``written`` is the Task as it was seen before.  While the API server is away nobody is told
    anything, and that time is not held against the runner.
    """
    if record.stop == "Timeout" and (written is None or written.stop != record.stop):
        board.alarms.set(now + LAST_CHANCE, AlarmKind.KILL, record.name, record.attempt)


def goes_on(board: Board, record: TaskRecord, alarm: AlarmKind, now: float) -> bool:
    """Return whether a runner still records what it has; if so, the alarm is set again."""
    until = board.heard.get(record.name, float("-inf")) + PATIENCE
    if until <= now:
        return False
    board.alarms.set(until, alarm, record.name, record.attempt)
    return True
