"""Tasks that are added to a session from outside, one by one and in any order.

A Task is placed into the graph once all that it depends on is there.  On a laptop one that
depends on what is not there is refused; here it is there already, so it waits, and says for
what.  Once the session is closed and all its tasks are there, nothing more will come: what
depends on it then fails, without having run.
"""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.api import labels
from fairlead.core.states import FINAL_TASK_STATES, TaskState
from fairlead.errors import (
    DependencyError,
    DuplicateTaskError,
    FairleadError,
    InvalidRequestError,
)
from fairlead_operator.jobs.actions import PatchTask
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.effects import cancel_unplaced, numbers_changed
from fairlead_operator.jobs.nodes import is_closed, keys_needed, node_spec, specs_in
from fairlead_operator.jobs.selecting import named
from fairlead_operator.jobs.starting import tell
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.jobs.taskstatus import ended

MISSING = "MissingDependency"
DUPLICATE = "DuplicateKey"

NO_SESSION = (
    "Its job has a list of tasks, to which none is added. Submit another Job; one without"
    " spec.tasks takes tasks until spec.closed says that all are there."
)
"""What a Task is told that somebody adds to a job which is no session."""


def came(board: Board, now: float) -> None:
    """Place what has come to a session; end what cannot be placed any more."""
    graph = board.graph
    if graph.is_final:
        _find_late(board)
    while board.unplaced and not graph.is_final and not (graph.failing or graph.cancelling):
        if not (_place_all(board, now) or _give_up(board, now)):
            break
    if board.unplaced and (graph.is_final or graph.failing or graph.cancelling):
        cancel_unplaced(board, now)
    if not graph.closed and is_closed(board.job, board.run, _known(board)):
        graph.close(now)


def _find_late(board: Board) -> None:
    """Find the tasks that were added to a session after its end: they will not run."""
    for node in board.graph.nodes.values():
        if node.parent is None and node.state is TaskState.QUEUED:
            board.unplaced[str(node.key)] = board.records[str(node.key)]


def refuse_all(board: Board, now: float) -> None:
    """Tell what somebody has added to a job with a list that none is added to it."""
    for record in board.records.values():
        if record.facts.is_top and record.name not in board.graph.nodes:
            refuse(board, record, now)


def refuse(board: Board, record: TaskRecord, now: float) -> None:
    """Tell a task that it is not added to the job; tasks of earlier runs are history."""
    if record.facts.run == board.run and record.facts.job_uid == board.job.uid:
        tell(board, record, "NotAdded", NO_SESSION, now)


def find_doubles(board: Board) -> None:
    """Find the tasks of a session whose key another one has: no graph knows them."""
    if not board.job.is_session:
        return
    for record in board.records.values():
        facts = record.facts
        if facts.is_top and facts.job_uid == board.job.uid and facts.run <= board.run:
            other = board.records.get(board.keys.get(facts.key, record.name))
            if other is not None and other is not record and other.facts.run == facts.run:
                if record.state in FINAL_TASK_STATES:
                    board.outside.add(record.name)
                else:
                    board.unplaced.setdefault(record.name, record)


def _known(board: Board) -> int:
    """Return how many tasks of the session have come to something."""
    return len(board.keys) + len(board.outside)


def _by_age(records: Iterable[TaskRecord]) -> list[TaskRecord]:
    return sorted(records, key=lambda one: (one.facts.created, one.facts.id))


# --- placing -------------------------------------------------------------------------------


def _place_all(board: Board, now: float) -> bool:
    """Place all that can be placed; return whether there was any."""
    return sum(_place(board, record, now) for record in _by_age(board.unplaced.values())) > 0


def _place(board: Board, record: TaskRecord, now: float) -> bool:
    other = _double_of(board, record)
    if other is not None:
        message = f"The key {record.facts.key} is that of Task {other.name}. Give it another."
        tell(board, record, DUPLICATE, message, now)
        return False
    if record.desired in (labels.CANCELLED, labels.STOPPED):
        return _enter(board, record, now) and board.graph.cancel_task(record.name, now)
    try:
        board.graph.tasks_added(specs_in(board.job, [record], board.keys), now)
    except DependencyError as error:
        tell(board, record, MISSING, str(error), now)
        return False
    except (DuplicateTaskError, InvalidRequestError) as error:
        tell(board, record, "NotAdded", str(error), now)
        return False
    _placed(board, record, now)
    return True


def _placed(board: Board, record: TaskRecord, now: float) -> None:
    del board.unplaced[record.name]
    board.keys[record.facts.key] = record.name
    numbers_changed(board, now)


def _double_of(board: Board, record: TaskRecord) -> TaskRecord | None:
    """Return the task that has the same key already, if there is one."""
    other = board.records.get(board.keys.get(record.facts.key, ""))
    return other if other is not None and other.facts.run == record.facts.run else None


def _enter(board: Board, record: TaskRecord, now: float) -> bool:
    """Place a task that is not going to run, whatever it depends on."""
    there, _ = named(keys_needed(record), board.keys)
    try:
        board.graph.tasks_added([node_spec(board.job, record, there)], now)
    except FairleadError as error:
        tell(board, record, "NotAdded", str(error), now)
        return False
    _placed(board, record, now)
    return True


# --- giving up -----------------------------------------------------------------------------


def _give_up(board: Board, now: float) -> bool:
    """Fail what will never be placed, if nothing more comes; return whether there was any."""
    known = _known(board) + len(board.unplaced)
    if board.graph.closed or not is_closed(board.job, board.run, known):
        return False
    waiting = _by_age(board.unplaced.values())
    doubles = [record for record in waiting if _double_of(board, record) is not None]
    for record in doubles:
        _end_double(board, record, now)
    # What depends on others that wait goes on with whatever becomes of those.
    keys = board.keys.keys() | {record.facts.key for record in board.unplaced.values()}
    lacking = {record.name: _lacks(record, keys) for record in waiting if record not in doubles}
    if not any(lacking.values()):
        lacking = dict.fromkeys(lacking, "tasks that depend on it in turn")
    found = [_fail(board, name, what, now) for name, what in lacking.items() if what]
    return bool(doubles) or any(found)


def _lacks(record: TaskRecord, keys: Iterable[str]) -> str:
    """Return in words what a task depends on that is not there, or nothing."""
    missing = next((key for key in keys_needed(record) if key not in keys), None)
    return "" if missing is None else f"task {missing!r}, which never came"


def _fail(board: Board, name: str, what: str, now: float) -> bool:
    record = board.unplaced.get(name)
    if record is None or board.graph.is_final or not _enter(board, record, now):
        return False
    reason = (
        f"{MISSING}: it depends on {what}, and the session is closed; submit it again together"
        " with what it needs"
    )
    board.graph.refuse(name, reason, now)
    return True


def _end_double(board: Board, record: TaskRecord, now: float) -> None:
    """Fail a task that has another's key: it is none of the job's, and harms it not."""
    optional = record.facts.policy.optional
    state = TaskState.FAILED_OPTIONAL if optional else TaskState.FAILED
    reason = f"{DUPLICATE}: another task of the session has the key {record.facts.key!r}"
    board.do(PatchTask(record.name, ended(state, reason, now)))
    board.expect(record.name, state=state, reason=reason)
    del board.unplaced[record.name]
    board.outside.add(record.name)
