"""What happens to runners: they are seen, get a task, come free, end, or are never made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairlead_operator.runners.holds import PodKey
from fairlead_operator.runners.lanes import Runner, Use, lane_names
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.request import runner_seen
from fairlead_operator.runners.roster import Roster
from fairlead_operator.runners.turns import Turns

ASSIGN_MARGIN = 2.0
"""Seconds before an idle runner exits in which it is given nothing any more."""

FOREVER = float("inf")


class Attendance:
    """Keeps the roster as things happen, and lets those know who wait for what comes free.

    What was noted once and is told again changes nothing.
    """

    def __init__(self, roster: Roster, turns: Turns) -> None:
        self._roster = roster
        self._turns = turns
        self._abandoned: set[tuple[PodKey, str]] = set()
        self._synced = False

    # --- what the API server says of pods that are to be made -------------------------------

    def refused(self, namespace: str, pod_name: str, now: float, hold: Refusal | None) -> None:
        """Count a pod no more that the API server would not make, until it is asked for again.

        Parameters
        ----------
        hold
            What keeps others of its namespace and size from being made as well; None if it is
            a matter of this one.
        """
        runner = self._roster.get((namespace, pod_name))
        if runner is None:
            return
        if hold is not None:
            self._turns.hold(runner, hold, now)
        self._remove(runner, now)

    def created(self, namespace: str, pod_name: str, now: float) -> None:
        """Take note that a pod was made: what kept pods from being made may be over."""
        runner = self._roster.get((namespace, pod_name))
        if runner is not None:
            self._turns.made(runner, now)

    # --- what happens to runners ------------------------------------------------------------

    def pod_seen(self, pod: PodRecord, now: float) -> None:
        """Take note of a pod as it is now, one that was deleted included."""
        if (pod.key, pod.uid) in self._abandoned:
            if not pod.ended:
                return
            self._abandoned.discard((pod.key, pod.uid))
        runner = self._roster.get(pod.key)
        if pod.ended:
            if runner is not None:
                self._remove(runner, now)
            self._turns.pod_ended(pod.namespace, now)
            return
        if runner is None:
            runner = runner_seen(pod)
            self._roster.add(runner, now)
            if self._synced and runner.group:
                # One that was granted is known; this was made to be kept ready.
                self.idle(*runner.key, now, now)
        if not runner.seen:
            # Nobody else may tell, where the answer to whoever made it was lost.
            self._turns.made(runner, now)
        runner.seen, runner.up = True, pod.phase == "Running"
        runner.reuse_seconds = float(pod.reuse_seconds)
        if not pod.alive and runner.use in (Use.IDLE, Use.UNCLAIMED):
            self._roster.change(runner, Use.ENDING, now)

    def held(self, namespace: str, pod_name: str, job: str, now: float) -> None:
        """Take note that a Task of a job names a pod and has not ended there."""
        runner = self._roster.get((namespace, pod_name))
        if runner is not None and runner.use is not Use.ASSIGNED:
            self._roster.change(runner, Use.ASSIGNED, now, job)

    def idle(self, namespace: str, pod_name: str, since: float, now: float) -> None:
        """Take note that a runner has reported and waits for its next task.

        Parameters
        ----------
        since
            When it reported.
        """
        runner = self._roster.get((namespace, pod_name))
        if runner is None or runner.use is Use.ENDING:
            return
        if runner.reuse == "Never":
            self._roster.change(runner, Use.ENDING, now)
            return
        wait = FOREVER if runner.group else runner.reuse_seconds - ASSIGN_MARGIN
        self._roster.change(runner, Use.IDLE, since)
        runner.until = since + wait
        self._turns.came_free(runner, now)

    def at_work(self, namespace: str, pod_name: str) -> bool:
        """Say whether a Task names a runner and has not ended there."""
        runner = self._roster.get((namespace, pod_name))
        return runner is not None and runner.use is Use.ASSIGNED

    def overstays(self, namespace: str, pod_name: str, now: float) -> bool:
        """Say whether a runner is there that has no task and should have ended by itself."""
        runner = self._roster.get((namespace, pod_name))
        return runner is not None and runner.use is not Use.ASSIGNED and now > runner.until

    def made(self, pod: PodRecord, now: float) -> None:
        """Take note of a pod that is made for a group without a task: it may be given one."""
        if pod.key not in self._roster:
            self._roster.add(runner_seen(pod), now)
        if self._roster[pod.key].use is Use.UNCLAIMED:
            self.idle(*pod.key, now, now)

    def reconcile(self, job: str, pods: Iterable[PodKey], now: float) -> None:
        """Take note that these are all the pods that a job's Tasks name."""
        named = set(pods)
        for runner in list(self._roster.assigned.get(job, {}).values()):
            if runner.key not in named and runner.seen:
                self._roster.change(runner, Use.UNCLAIMED, now)
                if runner.group:
                    self.idle(*runner.key, now, now)
            elif runner.key not in named:
                self._remove(runner, now)

    def give_up(self, namespace: str, pod_name: str, now: float, *, uid: str | None = None) -> None:
        """Count a pod no longer: it will not be made, or its node is lost (then with ``uid``)."""
        if uid is not None:
            self._abandoned.add(((namespace, pod_name), uid))
        runner = self._roster.get((namespace, pod_name))
        if runner is not None:
            self._remove(runner, now)

    def end(self, namespace: str, pod_name: str, now: float) -> bool:
        """Give a runner nothing more, as its pod is to be deleted; False if it is at work."""
        runner = self._roster.get((namespace, pod_name))
        if runner is None or runner.use is Use.ASSIGNED:
            return False
        self._roster.change(runner, Use.ENDING, now)
        return True

    def synced(self, now: float) -> None:
        """Take note that all Tasks are known: runners of groups that none names are idle."""
        self._synced = True
        for runner in list(self._roster):
            if runner.use is Use.UNCLAIMED and runner.group:
                self.idle(*runner.key, now, now)

    def _remove(self, runner: Runner, now: float) -> None:
        self._roster.remove(runner, now)
        self._turns.came_free(runner, now)

    def take_ends(self) -> list[PodKey]:
        """Return the pods to be deleted to make room for others; each is told once."""
        return self._turns.take_ends()

    # --- what is there ----------------------------------------------------------------------

    def runners_of(self, namespace: str, group: str) -> list[Runner]:
        """Return the runners of a group."""
        lane = self._roster.lanes.get(("group", namespace, group))
        return list(lane.runners.values()) if lane else []

    def runners(self) -> Iterator[Runner]:
        """Yield every runner that counts."""
        return iter(self._roster)

    def count(self, size: str) -> int:
        """Return how many runners of a size there are."""
        lane = self._roster.lanes.get(("size", size))
        return len(lane.runners) if lane else 0

    def room(self, namespace: str, size: str) -> float:
        """Return how many more runners of a size there may be in a namespace."""
        return min(self._roster.lane(name).free for name in lane_names(namespace, size)[1:])

    def waiting(self, size: str) -> int:
        """Return how many jobs wait for a runner of a size."""
        lane = self._roster.lanes.get(("size", size))
        return len(lane.queue) if lane else 0
