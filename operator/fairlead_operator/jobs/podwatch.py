"""Following the pods that hold attempts.

A report wins over everything that a pod says.  As pods and Tasks are watched apart, the
Task is read again before an attempt counts as ended because of its pod.
"""

from __future__ import annotations

from fairlead.core.effects import StopKind
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import TaskState
from fairlead_operator.jobs import deliveries, endings
from fairlead_operator.jobs.actions import DeletePod, ReadPod, ReadTask
from fairlead_operator.jobs.alarms import AlarmKind
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.effects import order_stop
from fairlead_operator.jobs.starting import tell, watch_start, watch_time
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.runners.classify import Ending, Stuck, not_begun
from fairlead_operator.runners.pod_record import PodRecord


def runs(board: Board, record: TaskRecord) -> bool:
    """Return whether this is the attempt that the graph has running."""
    node = board.graph.nodes.get(record.name)
    return (
        node is not None
        and node.state is TaskState.RUNNING
        and node.attempt == record.attempt
        and bool(record.pod_name)
    )


def take_up(board: Board, record: TaskRecord, now: float) -> None:
    """Go on with an attempt that was found recorded."""
    board.holders[record.pod_name] = record.name
    outcome = record.reported
    if outcome is not None:
        endings.reported(board, record, outcome, now)
        return
    board.runners.held(record.pod_name, now)
    deliveries.heard(board, record, None, now)
    if record.starting:
        watch_start(board, record, record.attempt, record.assigned or now)
    else:
        watch_time(board, record, record.attempt, record.started or record.assigned or now)
    _take_up_stop(board, record, now)
    pod = board.runners.pod(record.pod_name)
    if pod is None:
        board.do(ReadPod(record.name, record.pod_name))
    else:
        pod_seen(board, pod, now)


def _take_up_stop(board: Board, record: TaskRecord, now: float) -> None:
    """Go on waiting for an attempt that was told to end by force."""
    for kind, word in ((StopKind.CANCEL, "Cancel"), (StopKind.TIMEOUT, "Timeout")):
        if record.stop == word:
            order_stop(board, record.name, record.attempt, kind, now)


def pod_seen(board: Board, pod: PodRecord, now: float) -> None:
    """Take note of a pod as it is now."""
    name = board.holders.get(pod.name)
    record = board.records.get(name) if name is not None else None
    if record is None and _is_stray(board, pod):
        board.do(DeletePod(pod.name, pod.name))
    if record is None or record.pod_name != pod.name or not runs(board, record):
        return
    if pod.ended:
        board.do(ReadTask(record.name, record.attempt))
        return
    verdict = board.runners.judge(pod, now)
    if isinstance(verdict, Ending):
        _given_up(board, record, pod, verdict, now)
        return
    if isinstance(verdict, Stuck) and not pod.started:
        tell(board, record, verdict.reason, verdict.explained, now)
    again = board.runners.look_again(pod, now)
    if again is not None:
        board.alarms.set(again, AlarmKind.LOOK, record.name, record.attempt)


def _is_stray(board: Board, pod: PodRecord) -> bool:
    """Return whether a pod of the job has come that no attempt waits for any more.

    Nobody knew whether it had been made.  One whose program starts finds that out itself
    and ends; another might wait for a node, and count, as long as the job lasts.
    """
    ours = pod.job_uid == board.job.uid
    return ours and not pod.started and not pod.ended and pod.deletion is None


def let_go(board: Board, record: TaskRecord, now: float) -> None:
    """Let others have the runner of an attempt whose task was cancelled alone.

    It sees by the Task's state that it holds it no more, ends the attempt at once and
    reports nothing.
    """
    board.discarded.discard(record.name)
    if record.reported is None and record.pod_name not in board.holders:
        board.runners.idle(record.pod_name, now, now)


def _given_up(board: Board, record: TaskRecord, pod: PodRecord, ending: Ending, now: float) -> None:
    """Go on without a pod that has not ended: it will not start, or its node is lost."""
    board.runners.give_up(pod.name, now, pod.uid)
    if ending.kind is OutcomeKind.NEVER_STARTED:
        board.do(DeletePod(record.name, pod.name))
    endings.failed(board, record, ending.kind, f"{ending.reason}: {ending.explained}", now)


def absent(board: Board, record: TaskRecord, now: float) -> None:
    """Take note that the pod which an attempt was recorded to have is not there."""
    if runs(board, record):
        board.runners.give_up(record.pod_name, now)
        _conclude(board, record, None, now)


def still_unreported(board: Board, record: TaskRecord, now: float) -> None:
    """End an attempt whose pod has ended, and whose Task, read after that, has no report."""
    pod = board.runners.pod(record.pod_name)
    if runs(board, record) and record.reported is None and (pod is None or pod.ended):
        _conclude(board, record, pod, now)


def _conclude(board: Board, record: TaskRecord, pod: PodRecord | None, now: float) -> None:
    kind, message = _ending(board, record, pod, now)
    endings.failed(board, record, kind, message, now)


def _ending(
    board: Board, record: TaskRecord, pod: PodRecord | None, now: float
) -> tuple[OutcomeKind, str]:
    """Return how an attempt ended whose pod is no more: what was asked of it comes first."""
    if record.stop == "Timeout" and record.delivery is None:
        return OutcomeKind.TIMEOUT, f"it took longer than {record.facts.timeout} s"
    if record.started is None and _left_quietly(record, pod):
        return OutcomeKind.RELEASED, "the runner ended before it had begun with the task"
    verdict = board.runners.judge(pod, now) if pod is not None else None
    if isinstance(verdict, Ending):
        ending = not_begun(verdict) if record.starting else verdict
        return ending.kind, ending.explained
    return OutcomeKind.LOST, "the runner ended without a report"


def _left_quietly(record: TaskRecord, pod: PodRecord | None) -> bool:
    """Return whether nothing of the task can have run in the pod."""
    if record.starting:
        return pod is None or (pod.gone and not pod.started)
    # A runner that ran the task says so before it exits with 0.
    if pod is None:
        return False
    # The container tells how it ended before the phase of its pod does.
    return pod.phase == "Succeeded" or (pod.container is not None and pod.container.exit_code == 0)
