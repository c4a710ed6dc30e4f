"""What the core has decided, as writes.

Whatever the Task says already is not written again: a leaf that succeeded was COMPLETED by
its runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.api.times import text
from fairlead.api.words import camel
from fairlead.core.effects import JobChanged, StopAttempt, StopKind, TaskChanged
from fairlead.core.reasons import CANCELLING, FAILING, JOB_CANCELLED, JOB_FAILED
from fairlead.core.states import FINAL_TASK_STATES, JobState, TaskState, is_final
from fairlead_operator.jobs import jobstatus, taskstatus
from fairlead_operator.jobs.actions import DeletePod, EmitEvent, PatchTask, ReadPod
from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.endings import grown_size
from fairlead_operator.jobs.tasks import TaskRecord

LAST_CHANCE = 15.0
"""Seconds that a runner gets beyond the time at which it was to end an attempt."""

NUMBERS = 2.0
MOST_NUMBERS = 10.0
"""Seconds between two writes of a running job's numbers: a tenth of the time it has run, but
within these bounds, so that they cost little beside what they count."""

_STOPS = {StopKind.STOP: "Stop", StopKind.CANCEL: "Cancel", StopKind.TIMEOUT: "Timeout"}

_WITHOUT_ATTEMPT: Mapping[str, Any] = {
    "pod_name": "",
    "stop": "",
    "started": None,
    "outcome": None,
    "delivery": None,
}
"""What a record has where no attempt holds the task."""

_MANY = (TaskState.CANCELLED, TaskState.SKIPPED)
"""States that many tasks come to by one event; the order among them does not matter."""


def carry_over(board: Board, now: float) -> None:
    """Turn the effects of the graph into actions."""
    for effect in board.graph.take_effects():
        if isinstance(effect, TaskChanged):
            _task_changed(board, effect, now)
        elif isinstance(effect, StopAttempt):
            _stop(board, effect, now)
        else:
            _job_changed(board, effect, now)


# --- tasks ---------------------------------------------------------------------------------


def _task_changed(board: Board, effect: TaskChanged, now: float) -> None:
    name = str(effect.key)
    record = board.records[name]
    if board.holders.get(record.pod_name) == name:  # The pod may hold another task by now.
        del board.holders[record.pod_name]
    board.grants.pop(name, None)
    board.asks_at.pop(name, None)
    board.heard.pop(name, None)
    ended = board.ended.pop(name, None)
    if record.state is not effect.state or effect.state is TaskState.QUEUED:
        _write(board, record, effect, ended, now)
    if effect.state in (TaskState.FAILED, TaskState.FAILED_OPTIONAL):
        note = f"{record.facts.identifier}: {effect.reason or 'failed'}"
        board.do(EmitEvent(camel(effect.state), note, True, name, record.facts.uid))
    numbers_changed(board, now)


def _write(
    board: Board,
    record: TaskRecord,
    effect: TaskChanged,
    ended: Mapping[str, Any] | None,
    now: float,
) -> None:
    body = _body(record, effect, grown_size(board, record), now)
    discarded = _discards(record, effect)
    if discarded:
        body["children"] = None
    attempts = record.attempts
    if ended is not None:
        attempts = body["attempts"] = taskstatus.with_attempt(attempts, ended)
    board.do(PatchTask(record.name, body, many=effect.state in _MANY))
    board.expect(
        record.name,
        state=effect.state,
        reason=effect.reason,
        user_failures=effect.user_failures,
        platform_failures=effect.platform_failures,
        not_before=effect.not_before,
        attempts=attempts,
        children=0 if effect.state is TaskState.QUEUED or discarded else record.children,
        **(_WITHOUT_ATTEMPT if effect.state is TaskState.QUEUED else {}),
    )


def _discards(record: TaskRecord, effect: TaskChanged) -> bool:
    """Return whether a success with subtasks is cancelled that was reported but not committed.

    Its Task must not look like one that was cancelled after its commit: neither its subtasks
    nor what it has written into the job's cache count.
    """
    uncommitted = record.state is TaskState.RUNNING and record.children > 0
    return uncommitted and effect.state is TaskState.CANCELLED


def _body(record: TaskRecord, effect: TaskChanged, size: str, now: float) -> dict[str, Any]:
    if effect.state is TaskState.QUEUED:
        return taskstatus.tried_again(
            record,
            effect.reason,
            effect.user_failures,
            effect.platform_failures,
            effect.not_before,
            size,
        )
    body = taskstatus.ended(effect.state, effect.reason, now)
    if effect.state not in FINAL_TASK_STATES:
        del body["endTime"]
    for field, count, before in (
        ("userFailures", effect.user_failures, record.user_failures),
        ("platformFailures", effect.platform_failures, record.platform_failures),
    ):
        if count != before:
            body[field] = count
    return body


def _stop(board: Board, effect: StopAttempt, now: float) -> None:
    order_stop(board, str(effect.key), effect.attempt, effect.kind, now)


def order_stop(board: Board, name: str, attempt: int, kind: StopKind, now: float) -> None:
    """Have an attempt stopped by its runner, and end the runner if it does not."""
    record = board.records[name]
    if record.attempt != attempt:
        return
    word = _STOPS[kind]
    is_news = record.stop != word
    if is_news:
        _write_stop(board, name, word)
    if kind is StopKind.STOP:
        return
    pod = board.runners.pod(record.pod_name)
    if record.started is None and (pod is None or not pod.started):
        # Nothing runs that could be asked.
        if board.grants.pop(name, None) is not None:
            # Nor will it: its pod was refused.  That it is not there ends the attempt.
            board.do(ReadPod(name, record.pod_name))
        else:
            board.do(DeletePod(name, record.pod_name))
        return
    if board.graph.node(name).state is not TaskState.RUNNING:
        board.discarded.add(name)
    if kind is StopKind.TIMEOUT and is_news:
        return  # the runner has its last chance from when the Task says so: see deliveries.told
    grace = float(record.facts.grace) if kind is StopKind.CANCEL else 0.0
    board.alarms.set(now + grace + LAST_CHANCE, AlarmKind.KILL, name, attempt)


def _write_stop(board: Board, name: str, word: str) -> None:
    last = board.actions[-1] if board.actions else None
    if isinstance(last, PatchTask) and last.name == name:
        board.actions[-1] = PatchTask(name, {**last.status, "stop": word}, last.many)
    else:
        board.do(PatchTask(name, {"stop": word}, free=True))
    board.expect(name, stop=word)


# --- the job -------------------------------------------------------------------------------


def _job_changed(board: Board, effect: JobChanged, now: float) -> None:
    failure = _failure(board, effect)
    body = jobstatus.changed(board.job, board.written, board.run, effect, failure, now)
    body |= _numbers(board)
    board.numbers_written = now
    if effect.state is not JobState.QUEUED and board.started is None:
        board.started = now
        body["startTime"] = text(now)
        set_deadline(board)
    board.patch_job(body, free=effect.state is JobState.RUNNING and effect.reason is None)
    if is_final(effect.state) or effect.reason in (FAILING, CANCELLING):
        # Not before: until the job's end is recorded, they would hold up whoever goes on.
        cancel_unplaced(board, now)
    _announce(board, effect)


def cancel_unplaced(board: Board, now: float) -> None:
    """Cancel the tasks of a session that were never placed, because their job ends."""
    reason = "NotAdded: the job ended before it could start"
    if board.graph.failing or board.graph.cancelling:
        reason = JOB_FAILED if board.graph.failing else JOB_CANCELLED
    for record in board.unplaced.values():
        board.do(PatchTask(record.name, taskstatus.ended(TaskState.CANCELLED, reason, now), True))
        board.expect(record.name, state=TaskState.CANCELLED, reason=reason)
        board.outside.add(record.name)
    board.unplaced.clear()


def set_deadline(board: Board) -> None:
    """Wake when the job has run as long as it may."""
    if board.job.deadline is not None and board.started is not None:
        board.alarms.set(board.started + board.job.deadline, AlarmKind.DEADLINE)


def _failure(board: Board, effect: JobChanged) -> Mapping[str, Any] | None:
    before: Mapping[str, Any] | None = board.written.get("failure")
    record = board.records.get(str(effect.first_failure))
    if effect.first_failure is None or record is None:
        return board.failure or before
    if before is not None and before["task"] == record.name:
        return before
    node = board.graph.node(record.name)
    outcome = record.reported
    if outcome is None:
        kind, _, message = (node.reason or "").partition(": ")
        return jobstatus.failure_of(record, kind or camel(node.state), "", message)
    return jobstatus.failure_of(record, camel(outcome.kind), outcome.type, outcome.message)


def _announce(board: Board, effect: JobChanged) -> None:
    state = camel(effect.state)
    final = is_final(effect.state)
    if final or effect.reason or effect.state is JobState.SUSPENDED:
        word = state if final or not effect.reason else effect.reason
        why = jobstatus.message_in(board.written) or effect.cause or state
        progress = board.written.get("progress")
        note = f"{why} ({progress} tasks)" if progress else why
        board.do(EmitEvent(word, note, effect.state is JobState.FAILED))


def numbers_changed(board: Board, now: float) -> None:
    """See that the job's numbers are written soon, but not too often."""
    if not board.numbers_due and not board.graph.is_final:
        board.numbers_due = True
        age = 0.0 if board.started is None else now - board.started
        pause = min(max(age / 10, NUMBERS), MOST_NUMBERS)
        board.alarms.set(max(now, board.numbers_written + pause), AlarmKind.STATUS)


def write_numbers(board: Board, now: float) -> None:
    """Write the job's numbers, where they have changed."""
    board.numbers_due = False
    if not board.graph.is_final:
        board.numbers_written = now
        board.patch_job(_numbers(board), free=True)


def _numbers(board: Board) -> dict[str, Any]:
    return jobstatus.numbers(jobstatus.states(board.graph.nodes.values()))


def obey(board: Board, now: float) -> None:
    """Say that the present spec has been taken note of."""
    job = board.job
    body = jobstatus.state_of(
        job,
        board.written,
        board.graph.state,
        run=board.run,
        reason=board.graph.reason,
        why=board.graph.cause,
        message=jobstatus.message_in(board.written),
        now=now,
    )
    board.patch_job(body)
