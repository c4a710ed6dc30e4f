"""One job as the operator knows it: what was seen goes in, actions come out.

The core's graph alone decides; this says how what happens in the cluster becomes an event
of it.  To the core a task is RUNNING from the moment that its status names a pod.

All of it can be thrown away and made again from the records, and is whenever something
does not fit: nothing here is the truth about anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fairlead.api import labels
from fairlead.core.effects import StopKind
from fairlead.core.graph import JobGraph
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.reasons import QUEUE_TIMEOUT
from fairlead.core.states import FINAL_TASK_STATES, TaskState
from fairlead_operator.jobs import (
    adding,
    deliveries,
    endings,
    parked,
    podwatch,
    readiness,
    taskstatus,
)
from fairlead_operator.jobs.actions import Action, DeletePod, PatchTask
from fairlead_operator.jobs.alarms import Alarm, AlarmKind
from fairlead_operator.jobs.asking import Grant, Runners, Wanted
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.effects import (
    carry_over,
    numbers_changed,
    obey,
    order_stop,
    set_deadline,
    write_numbers,
)
from fairlead_operator.jobs.hindered import freed
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.nodes import observe
from fairlead_operator.jobs.selecting import has_committed, select
from fairlead_operator.jobs.starting import start_ready, watch_time
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal

NOTHING: Mapping[str, float] = {}


class JobModel:
    """The run of one job.

    Parameters
    ----------
    job, tasks
        The job and all its Tasks, as they were listed.
    runners
        Who gives out runners.
    now
        Seconds since the epoch.
    ready
        Since when tasks have wanted nothing but a runner, by name, where that is known.
    """

    def __init__(
        self,
        job: JobRecord,
        tasks: Iterable[TaskRecord],
        runners: Runners,
        now: float,
        ready: Mapping[str, float] = NOTHING,
    ) -> None:
        board = self.board = Board(job, runners)
        board.records = {record.name: record for record in tasks}
        selection = select(job, board.records.values(), board.run)
        observation = observe(job, selection, board.run)
        board.graph = JobGraph.rebuild(observation.job, now)
        board.started = job.started()
        board.unplaced = {record.name: record for record in observation.unplaced}
        board.keys = {
            record.facts.key: record.name
            for record in selection.tasks
            if record.facts.is_top and record.name not in board.unplaced
        }
        adding.find_doubles(board)
        for label, made in selection.left.items():
            board.made[label] = {record.name: record for record in made}
        readiness.recall(board, ready, now)
        self._begin(observation.broken, now)

    def _begin(self, broken: bool, now: float) -> None:
        board = self.board
        if broken:
            board.graph.fail(now, "TaskDeleted")
        if board.job.desired == "Running":
            board.graph.resume(now)
        carry_over(board, now)
        set_deadline(board)
        for node in list(board.graph.nodes.values()):
            record = board.records[str(node.key)]
            if record.held and node.state is TaskState.RUNNING:
                podwatch.take_up(board, record, now)
            if record.desired:
                self._wish(record, now)
        for label, made in list(board.made.items()):
            self._check_made(label, next(iter(made.values())))
        if board.job.is_session:
            adding.came(board, now)
        else:
            adding.refuse_all(board, now)
        # What that has changed comes before the word that the spec was taken note of.
        carry_over(board, now)
        self._obey(now)
        self._settle(now)

    # --- reading ---------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self.board.graph.is_final

    @property
    def next_wake(self) -> float | None:
        """When :meth:`clock_reached` has something to do next, or None."""
        if self.done:
            return None
        times = (self.board.graph.next_wake, self.board.alarms.next_time())
        return min((time for time in times if time is not None), default=None)

    @property
    def hindered(self) -> bool:
        """Whether the job still says that something hinders the operator."""
        return self.board.hindered

    def take_actions(self) -> list[Action]:
        """Return what is to be done since the last call, in order."""
        actions = self.board.actions
        self.board.actions = []
        return actions

    # --- reading: who waits for a runner ----------------------------------------------

    def waiting(self) -> Iterator[tuple[Wanted, int, float]]:
        """Yield what tasks want that can run, how many do, and since when one of them has."""
        available = self.board.runners.available
        for wanted, number, since in self.board.graph.waiting():
            if isinstance(wanted, Wanted) and available(wanted) is None:
                yield wanted, number, since

    def starting(self) -> Iterator[tuple[TaskRecord, float]]:
        """Yield the tasks whose runner is being made, and since when they were ready."""
        for name in self.board.holders.values():
            record = self.board.records[name]
            if record.starting:
                yield record, self.ready_since(name) or record.assigned or record.facts.created

    def ready_since(self, name: str) -> float | None:
        """Say since when a task has wanted, or wanted, nothing but a runner, if that is known."""
        node = self.board.graph.nodes.get(name)
        return None if node is None else node.waiting_since or None

    def all_ready_since(self) -> dict[str, float]:
        """Return that of all tasks that have no runner yet, by name."""
        return readiness.known(self.board)

    # --- the job -----------------------------------------------------------------------

    def job_seen(self, job: JobRecord, now: float) -> None:
        """Take note of the job as it is now."""
        board = self.board
        if job.resource_version <= board.job.resource_version:
            return
        board.job = job
        if job.desired == "Cancelled":
            board.graph.cancel(now)
        elif job.desired == "Suspended":
            board.graph.suspend(now)
        else:
            board.graph.resume(now)
        if job.is_session:
            adding.came(board, now)
        carry_over(board, now)
        self._obey(now)
        self._settle(now)

    def _obey(self, now: float) -> None:
        if self.board.written.get("observedGeneration") != self.board.job.generation:
            obey(self.board, now)

    def goes_on(self, now: float) -> None:
        """Take note that what was ordered has been done: nothing hinders the operator any more."""
        board = self.board
        board.hindered = False
        conditions = freed(board.written.get("conditions") or (), now, board.job.generation)
        if conditions is not None:
            board.patch_job({"conditions": conditions}, free=True)

    def fail(self, reason: str, now: float) -> None:
        """Let the job fail for a reason that is no task's."""
        self.board.graph.fail(now, reason)
        self._settle(now)

    # --- its Tasks -----------------------------------------------------------------------

    def task_seen(self, record: TaskRecord, now: float) -> None:
        """Take note of a Task as it is now."""
        board = self.board
        before = board.records.get(record.name)
        if record.facts.job_uid != board.job.uid or record.facts.run > board.run:
            return
        if before is not None and before.resource_version >= record.resource_version:
            return
        written = board.bases.get(record.name, before)
        board.see(record)
        if record.name in board.graph.nodes:
            deliveries.told(board, record, written, now)
            self._changed(record, before, now)
        elif before is None:
            self._new(record, now)
        elif record.name in board.unplaced:
            board.unplaced[record.name] = record
            adding.came(board, now)
        elif record.name in board.made.get(record.facts.siblings, ()):
            board.made[record.facts.siblings][record.name] = record
        self._settle(now)

    def _changed(self, record: TaskRecord, before: TaskRecord | None, now: float) -> None:
        board = self.board
        if record.desired and (before is None or before.desired != record.desired):
            self._wish(record, now)
        if record.name in board.discarded and record.state is TaskState.CANCELLED:
            podwatch.let_go(board, record, now)
        if not podwatch.runs(board, record):
            return
        deliveries.heard(board, record, before, now)
        outcome = record.reported
        if outcome is not None:
            if before is None or before.reported is None:
                endings.reported(board, record, outcome, now)
        elif record.state is TaskState.RUNNING and before is not None and before.starting:
            watch_time(board, record, record.attempt, record.started or now)
            if taskstatus.not_runnable(record)[0]:
                conditions = taskstatus.runnable(record, None, "", now)
                board.do(PatchTask(record.name, {"conditions": conditions}, free=True))
            numbers_changed(board, now)

    def _wish(self, record: TaskRecord, now: float) -> None:
        """Do what somebody wants of one task."""
        graph = self.board.graph
        node = graph.node(record.name)
        if node.state in FINAL_TASK_STATES:
            return
        if record.desired == labels.CANCELLED:
            graph.cancel_task(record.name, now)
        elif record.desired == labels.STOPPED and not node.stop_requested:
            graph.stop_task(record.name, now)

    def task_gone(self, name: str, uid: str, now: float) -> None:
        """Take note that a Task was deleted."""
        board = self.board
        record = board.records.get(name)
        if record is None or record.facts.uid != uid:
            return
        board.unplaced.pop(name, None)
        board.pending.discard(name)
        board.made.get(record.facts.siblings, {}).pop(name, None)
        node = board.graph.nodes.get(name)
        if node is None or node.state in FINAL_TASK_STATES or board.graph.is_final:
            return
        board.graph.fail(now, "TaskDeleted")
        if node.state is TaskState.RUNNING:
            board.do(DeletePod(name, record.pod_name))
            board.graph.attempt_finished(name, node.attempt, OutcomeKind.LOST, now)
        self._settle(now)

    # --- new ones ------------------------------------------------------------------------

    def _new(self, record: TaskRecord, now: float) -> None:
        if record.facts.is_top:
            if self.board.job.is_session:
                self.board.unplaced[record.name] = record
                adding.came(self.board, now)
            else:
                adding.refuse(self.board, record, now)
            return
        label = record.facts.siblings
        self.board.made.setdefault(label, {})[record.name] = record
        self._check_made(label, record)
        parent = self.board.records.get(record.facts.parent_name)
        if parent is not None and parent.reported is not None and podwatch.runs(self.board, parent):
            endings.commit(self.board, parent, now)

    def _check_made(self, label: str, record: TaskRecord) -> None:
        """Remove subtasks of an attempt that is not, and will not be, committed.

        They may come late, when nobody knew any more whether they had been made at all.
        """
        board = self.board
        node = board.graph.nodes.get(record.facts.parent_name)
        if node is None:
            return
        attempt = record.facts.parent_attempt
        parent = board.records[str(node.key)]
        if attempt == node.attempt and has_committed(parent):
            endings.sweep_strays(board, parent)
        elif attempt < node.attempt or (
            attempt == node.attempt
            and node.state not in (TaskState.RUNNING, TaskState.COMPUTED, TaskState.COMPLETED)
        ):
            board.swept.discard(label)
            endings.sweep(board, label)

    # --- pods ------------------------------------------------------------------------------

    def pod_seen(self, pod: PodRecord, now: float) -> None:
        """Take note of a pod as it is now, or was last."""
        podwatch.pod_seen(self.board, pod, now)
        self._settle(now)

    def pod_absent(self, name: str, pod_name: str, now: float) -> None:
        """Take note that a pod is not there which an attempt was recorded to have."""
        record = self.board.records.get(name)
        if record is not None and record.pod_name == pod_name:
            podwatch.absent(self.board, record, now)
        self._settle(now)

    def read_again(self, name: str, attempt: int, now: float) -> None:
        """Take note that a Task was read after its pod had ended."""
        record = self.board.records.get(name)
        if record is not None and record.attempt == attempt:
            podwatch.still_unreported(self.board, record, now)
        self._settle(now)

    def children_listed(self, name: str, attempt: int, now: float) -> None:
        """Take note that all subtasks of an attempt have been seen now."""
        record = self.board.records.get(name)
        if record is not None and record.attempt == attempt and podwatch.runs(self.board, record):
            endings.void(self.board, record, now)
        self._settle(now)

    def pod_refused(
        self,
        name: str,
        attempt: int,
        grant: Grant,
        refusal: Refusal,
        now: float,
        until: float | None,
    ) -> None:
        """Take note that the API server would not make a pod.

        Parameters
        ----------
        until
            When to ask again; None if whoever gives out runners says when.
        """
        record = self.board.records.get(name)
        if record is None or record.attempt != attempt or not podwatch.runs(self.board, record):
            return
        parked.park(self.board, record, grant, refusal, now, until)

    def runners_came(self, now: float) -> None:
        """Take note that there may be runners for tasks that found none."""
        parked.ask_all(self.board, now)
        self._settle(now)

    # --- time ------------------------------------------------------------------------------

    def clock_reached(self, now: float) -> None:
        """Do what is due."""
        self.board.graph.clock_reached(now)
        for alarm in self.board.alarms.due(now):
            self._wake(alarm, now)
        self._settle(now)

    def _wake(self, alarm: Alarm, now: float) -> None:
        board = self.board
        if alarm.kind is AlarmKind.STATUS:
            write_numbers(board, now)
        elif alarm.kind is AlarmKind.DEADLINE:
            board.graph.cancel(now, "DeadlineExceeded")
        elif alarm.kind is AlarmKind.KILL:
            self._kill(alarm, now)
        else:
            record = board.records.get(alarm.name)
            if (
                record is not None
                and record.attempt == alarm.attempt
                and podwatch.runs(board, record)
            ):
                self._wake_attempt(alarm, record, now)

    def _kill(self, alarm: Alarm, now: float) -> None:
        """End a runner that did not end an attempt, also one whose task was cancelled alone.

        The latter may have gone on to another task, or wait for one.
        """
        record = self.board.records[alarm.name]
        node = self.board.graph.nodes.get(alarm.name)
        if node is None or node.attempt != alarm.attempt or record.reported is not None:
            return
        if record.stop == "Timeout" and deliveries.goes_on(self.board, record, alarm.kind, now):
            return
        runners = self.board.runners
        if node.state is not TaskState.RUNNING and not runners.overstays(record.pod_name, now):
            return
        pod = runners.pod(record.pod_name)
        if pod is not None and not pod.ended:
            self.board.do(DeletePod(alarm.name, record.pod_name))

    def _wake_attempt(self, alarm: Alarm, record: TaskRecord, now: float) -> None:
        board = self.board
        if alarm.kind is AlarmKind.CHILDREN:
            endings.look_for_children(board, record)
        elif alarm.kind is AlarmKind.TIMEOUT:
            if record.reported is None and not deliveries.goes_on(board, record, alarm.kind, now):
                order_stop(board, record.name, record.attempt, StopKind.TIMEOUT, now)
        elif alarm.kind is AlarmKind.QUEUE:
            self._waited(record, now)
        elif alarm.kind is AlarmKind.LOOK:
            pod = board.runners.pod(record.pod_name)
            if pod is not None:
                podwatch.pod_seen(board, pod, now)
        elif alarm.kind is AlarmKind.POD:
            parked.time_came(board, record, alarm.time, now)

    def _waited(self, record: TaskRecord, now: float) -> None:
        """End a task whose runner did not come up in the time that it may wait for one."""
        if record.starting:
            board = self.board
            board.do(DeletePod(record.name, record.pod_name))
            board.runners.give_up(record.pod_name, now)
            allowed = record.facts.policy.queue_timeout or 0.0
            message = f"no runner took it within {allowed:g} s"
            endings.failed(
                board, record, OutcomeKind.NON_RETRYABLE, message, now, word=QUEUE_TIMEOUT
            )

    # --- after everything --------------------------------------------------------------------

    def _settle(self, now: float) -> None:
        """Start what can start, and turn what the graph decided into actions."""
        board = self.board
        carry_over(board, now)
        while not board.graph.is_final and start_ready(board, now):
            carry_over(board, now)
        carry_over(board, now)
