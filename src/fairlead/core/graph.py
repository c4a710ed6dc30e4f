"""One job as a graph of tasks that changes by one event at a time.

A driver calls a method for each thing that happened, with the time at which it did, and
then carries out the effects.  What an event costs does not depend on the size of the job;
only what concerns every task (the job's failure or cancellation, the closing of an
optional root, rebuilding) touches each task, once.

The rules are in the ``rules_*`` files, the moves they are made of in
:mod:`fairlead.core.ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from fairlead.core.effects import Effect, Start, StopAttempt, StopKind, TaskChanged
from fairlead.core.ledger import COMPLETED, RUNNING, Ledger
from fairlead.core.node import Key, Node, NodeSpec
from fairlead.core.observed import MAX_DEPTH, MAX_TASKS, ObservedJob
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.reasons import JOB_CANCELLED, QUEUE_TIMEOUT
from fairlead.core.rebuild import restore
from fairlead.core.retry import PLATFORM_BUDGET
from fairlead.core.rules_cancel import cancel_task, stop_task
from fairlead.core.rules_ending import begin_cancelling, begin_failing
from fairlead.core.rules_optional import fail_task
from fairlead.core.rules_outcome import attempt_failed, attempt_succeeded, enter, limit_exceeded
from fairlead.core.specs import check_specs
from fairlead.core.states import FINAL_TASK_STATES, JobState, TaskState
from fairlead.core.timers import Timer, TimerKind
from fairlead.errors import InvalidRequestError, LimitExceededError

SUCCEEDED = OutcomeKind.SUCCEEDED

_tuple = tuple.__new__


class JobGraph(Ledger):
    """The graph of one run of a job.

    Parameters
    ----------
    closed
        False for a job to which top-level tasks are added until :meth:`close`.
    platform_budget
        How often one task is tried again after failures that are not the user's.
    max_depth, max_tasks
        A task whose subtasks would exceed either fails and is not tried again.
    started
        Whether the job is RUNNING already.

    Notes
    -----
    The attributes ``state``, ``reason``, ``cause``, ``first_failure``, ``closed``,
    ``suspended`` and ``abandoned`` (attempts that may still run though their tasks were
    cancelled) are for a driver to read.
    """

    __slots__ = ()

    def __init__(
        self,
        *,
        closed: bool = True,
        platform_budget: int = PLATFORM_BUDGET,
        max_depth: int = MAX_DEPTH,
        max_tasks: int = MAX_TASKS,
        started: bool = False,
    ) -> None:
        super().__init__(
            closed=closed,
            platform_budget=platform_budget,
            max_depth=max_depth,
            max_tasks=max_tasks,
            started=started,
        )

    @classmethod
    def rebuild(cls, observed: ObservedJob, now: float) -> JobGraph:
        """Return the graph that a driver's records describe.

        Whatever the records lack because a driver died before it had carried out all
        effects is made up for: the new graph's effects say what to write.
        """
        graph = cls(
            closed=observed.closed,
            platform_budget=observed.platform_budget,
            max_depth=observed.max_depth,
            max_tasks=observed.max_tasks,
        )
        restore(graph, observed, now)
        return graph

    # --- reading ---------------------------------------------------------------------

    @property
    def ready_count(self) -> int:
        """How many tasks could start now, but for bounds on parallel tasks and suspension."""
        return self.queue.count

    @property
    def running_count(self) -> int:
        """How many tasks are RUNNING."""
        return self.running

    @property
    def failing(self) -> bool:
        """Whether the job is bound to fail, or has failed."""
        return self.ending is JobState.FAILED

    @property
    def cancelling(self) -> bool:
        """Whether the job is bound to be cancelled, or was cancelled."""
        return self.ending is JobState.CANCELLED

    @property
    def next_wake(self) -> float | None:
        """When :meth:`clock_reached` has something to do next, or None."""
        return None if self.is_final else self.timers.next_time()

    def ready_groups(self) -> Iterator[Hashable]:
        """Yield each group that has a ready task, once."""
        return self.queue.groups()

    def waiting(self) -> Iterator[tuple[Hashable, int, float]]:
        """Yield groups, how many tasks of each want nothing but a runner, and since when one does.

        A group may come more than once.
        """
        return iter(()) if self.suspended or self.is_final else self.queue.waiting()

    def node(self, key: Key) -> Node:
        """Return a task's place in the graph, to be read only; KeyError if unknown."""
        return self.nodes[key]

    def take_effects(self) -> list[Effect]:
        """Return the effects since the last call, in the order to carry them out."""
        effects = self.effects
        self.effects = []
        return effects

    # --- tasks come and start --------------------------------------------------------

    def tasks_added(self, specs: Sequence[NodeSpec], now: float) -> None:
        """Add top-level tasks: all of a closed job's at once, or more to an open job.

        The driver writes them QUEUED, together, before it carries out the effects.

        Raises
        ------
        InvalidRequestError
            If the job is closed and has its tasks already, or has ended.
        DuplicateTaskError, DependencyError, LimitExceededError
            If these tasks cannot be added; nothing has changed then.
        """
        if self.is_final or (self.closed and self.nodes):
            raise InvalidRequestError("the job is closed; tasks cannot be added to it any more")
        exceeded = limit_exceeded(self, len(specs), 0)
        if exceeded is not None:
            raise LimitExceededError(exceeded)
        check_specs(specs, self.nodes.keys(), self._is_top_level)
        enter(self, self.add(specs, None), now, root_closed=False)
        self.check_end()

    def _is_top_level(self, key: Key) -> bool:
        node = self.nodes.get(key)
        return node is not None and node.parent is None

    def close(self, now: float) -> None:
        """Let no more tasks be added; a job that has nothing left to do ends."""
        self.closed = True
        self.check_end()

    def start_ready(
        self,
        now: float,
        limit: int,
        accepts: Callable[[Hashable], bool] | None = None,
        grants: Callable[[Node], bool] | None = None,
    ) -> list[Start]:
        """Start up to ``limit`` tasks, those first that became known first.

        Parameters
        ----------
        now
            Seconds since the epoch.
        limit
            How many attempts may be started.
        accepts
            Tells whether a runner is there for a group; asked at most once a group.
        grants
            Gives a runner to the very task that is about to start, or refuses; after a
            refusal the tasks behind it in its lane are not asked about in this call.

        Returns
        -------
        list of Start
            Each is itself the order to write RUNNING and the attempt's number; no other
            effect says so.  The first start of a job adds a ``JobChanged`` effect.
        """
        if self.suspended or not self.queue.count:
            return []
        starts = []
        for node in self.queue.take(limit, accepts, grants):
            attempt = node.attempt + 1
            node.attempt = attempt
            node.state = RUNNING
            node.reason = None
            timeout = node.policy.timeout
            if timeout is not None:
                self.timers.set(now + timeout, TimerKind.ATTEMPT, node)
            starts.append(_tuple(Start, (node.key, attempt)))
        self.running += len(starts)
        if starts and not self.started:
            self.started = True
            self.change_job(JobState.RUNNING, None)
        return starts

    def regroup(self, key: Key, group: Hashable) -> None:
        """Let other runners than before take a task from its next start on.

        For a task that needs a larger machine after it ran out of memory, for example.
        """
        self.queue.move(self.nodes[key], group)

    # --- attempts end ----------------------------------------------------------------

    def attempt_finished(
        self,
        key: Key,
        attempt: int,
        kind: str,
        now: float,
        *,
        children: Sequence[NodeSpec] = (),
        reason: str | None = None,
        retry_after: float | None = None,
    ) -> bool:
        """Take note of how an attempt ended.

        Parameters
        ----------
        key, attempt
            Which attempt it was.
        kind
            An :class:`~fairlead.core.outcomes.OutcomeKind`, or a string of equal value.
        now
            Seconds since the epoch.
        children
            The subtasks it submitted; committed with a success, else dropped.
        reason
            What a failure is recorded with; by default its kind.
        retry_after
            Seconds to wait before a retry instead of the backoff.

        Returns
        -------
        bool
            False, and nothing has changed, if this is not the attempt that runs: its
            report came late, or its task was cancelled.  The driver then drops what the
            attempt returned.  With True, its result and subtasks are to be kept if and
            only if the task is now COMPUTED or COMPLETED.

        Raises
        ------
        DuplicateTaskError, DependencyError
            If the subtasks cannot be added; nothing has changed, and the driver reports
            the attempt as NON_RETRYABLE instead.
        ValueError
            If the kind is unknown; nothing has changed.
        """
        node = self.nodes.get(key)
        if node is None or node.attempt != attempt or node.state is not RUNNING:
            self.abandoned.discard((key, attempt))
            return False
        if kind != SUCCEEDED:
            attempt_failed(self, node, kind, now, reason, retry_after)
        elif children:
            attempt_succeeded(self, node, children, now)
        else:
            # The most frequent event of all, so its move is written out here.
            self.leave_runner(node)
            node.state = COMPLETED
            self.effects.append(
                _tuple(
                    TaskChanged,
                    (
                        key,
                        COMPLETED,
                        None,
                        node.user_failures,
                        node.platform_failures,
                        node.not_before,
                    ),
                )
            )
            self.settle(node, now)
        if self.ending is not None:
            self.check_end()
        return True

    # --- time passes -----------------------------------------------------------------

    def clock_reached(self, now: float) -> None:
        """Do what is due: end backoffs, stop attempts out of time, fail overdue waits."""
        for timer in self.timers.due(now):
            if timer.kind is TimerKind.BACKOFF:
                self.make_ready(timer.node, now)
            elif timer.kind is TimerKind.ATTEMPT:
                self.effects.append(StopAttempt(timer.node.key, timer.attempt, StopKind.TIMEOUT))
            else:
                self._waited(timer, now)

    def _waited(self, timer: Timer, now: float) -> None:
        """End a task that found no runner in time; time spent suspended does not count."""
        node = timer.node
        allowed = node.policy.queue_timeout or 0.0
        until = max(node.waiting_since, self.resumed_at) + allowed
        if self.suspended:
            self.overdue.append(node)
        elif until > now:
            self.timers.set(until, TimerKind.QUEUE, node)
        else:
            reason = f"{QUEUE_TIMEOUT}: no runner took it within {allowed:g} s"
            fail_task(self, node, reason, now)

    # --- somebody asks ---------------------------------------------------------------

    def cancel(self, now: float, reason: str = JOB_CANCELLED) -> None:
        """Cancel the job.  An open job is closed by it."""
        if not self.is_final:
            begin_cancelling(self, reason)

    def fail(self, now: float, reason: str) -> None:
        """Let the job fail for a reason that is no task's, such as a lost cache."""
        if not self.is_final:
            begin_failing(self, reason, None)

    def suspend(self, now: float) -> None:
        """Start nothing new; running attempts go on to their end."""
        if not (self.is_final or self.suspended or self.ending is not None):
            self.change_job(JobState.SUSPENDED, None)

    def resume(self, now: float) -> None:
        """End a suspension."""
        if self.is_final or not self.suspended:
            return
        self.resumed_at = now
        for node in self.overdue:
            self.timers.set(now + (node.policy.queue_timeout or 0.0), TimerKind.QUEUE, node)
        self.overdue = []
        self.change_job(JobState.RUNNING if self.started else JobState.QUEUED, None)

    def cancel_task(self, key: Key, now: float) -> bool:
        """Cancel one task with its descendants; return whether it was still open."""
        return self._ask(cancel_task, key, now)

    def stop_task(self, key: Key, now: float) -> bool:
        """Ask one task to stop and keep what it returns; return whether it was still open."""
        return self._ask(stop_task, key, now)

    def _ask(self, rule: Callable[[Ledger, Node, float], None], key: Key, now: float) -> bool:
        node = self.nodes[key]
        if self.is_final or node.state in FINAL_TASK_STATES:
            return False
        rule(self, node, now)
        self.check_end()
        return True

    def refuse(self, key: Key, reason: str, now: float) -> None:
        """Fail a task that waits, without an attempt: it is known that it can never start."""
        node = self.nodes[key]
        if not self.is_final and node.state is TaskState.QUEUED:
            fail_task(self, node, reason, now)
            self.check_end()

    def cancel_open(self, now: float) -> None:
        """Cancel each top-level task that is still open, on its own.

        This is how the queue of a session is cleared whose program has died.
        """
        for node in [node for node in self.nodes.values() if node.parent is None]:
            self._ask(cancel_task, node.key, now)
