"""Which runner a task gets: one of those that wait, a new one, or none yet.

One allocator serves all jobs, so that bounds hold over all of them and free room goes
where it is due.  It lives in memory and is made anew from pods and Tasks; nothing here is
the truth about anything but who waits.

* A task takes an idle runner of its namespace, release, size, account and isolation, that
  of its own job or, where both opted in, of another; in a group, that of the group.
* Else it gets a new one, within the bounds of its namespace, its size and its group.
* Where there is no room its job waits.  Room goes to the namespace that has the least for its
  share; there to the highest priority, then to the job with the fewest runners, then to the
  one that has waited longest.  A job that others outrank may not take even a runner of its
  own that has come free: it is ended, if its room is what they wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.groups import Group, GroupIndex
from fairlead_operator.runners.holds import PodKey
from fairlead_operator.runners.lanes import Lane, LaneName, Runner, Use, lane_names
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.request import (
    Grant,
    RunnerRequest,
    pool_of,
    runner_asked_for,
    runner_seen,
)
from fairlead_operator.runners.roster import Roster
from fairlead_operator.runners.sizes import Size, SizeIndex
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.runners.turns import Turns

ASSIGN_MARGIN = 2.0
"""Seconds before an idle runner exits in which it is given nothing any more."""

FOREVER = float("inf")

EVERYBODY_ALIKE = Tenants()


class Allocator:
    """Grants runners to all jobs.

    Parameters
    ----------
    wake
        Called with the unique id of a job that waited and now has a chance.  It must not ask
        here and now, only remember to.
    tenants
        What namespaces may have.
    """

    def __init__(
        self,
        sizes: SizeIndex,
        groups: GroupIndex,
        wake: Callable[[str], None] = lambda job: None,
        tenants: Tenants = EVERYBODY_ALIKE,
    ) -> None:
        self._sizes = sizes
        self._groups = groups
        self._tenants = tenants
        self._roster = Roster(self._bound_of, tenants)
        self._turns = Turns(self._roster, wake)
        self._abandoned: set[tuple[PodKey, str]] = set()
        self._synced = False

    def tell_of_groups(self, changed: Callable[[str, str], None]) -> None:
        """Have somebody told, by namespace and name, of groups whose runners do something else."""
        self._roster.group_changed = changed

    # --- asking ---------------------------------------------------------------------

    def acquire(self, request: RunnerRequest, now: float) -> Grant | Refusal:
        """Return a runner for a task, or why there is none now.

        Asking again for a pod that was granted before gives the same answer.
        """
        size = self._size_of(request)
        if isinstance(size, Refusal):
            return size
        mine = self._roster.get((request.namespace, request.pod_name))
        if mine is not None and mine.use is Use.ASSIGNED and mine.job == request.job:
            return Grant(None, False, size)
        names = lane_names(request.namespace, size.name, request.group or "")
        lanes = {name: self._roster.bounded(name, self._bound_of(name)) for name in names}
        return self._take_idle(request, size, lanes, now) or self._make(request, size, lanes, now)

    def _size_of(self, request: RunnerRequest) -> Size | Refusal:
        """Return the size of the runner for a request."""
        group: Group | None = None
        if request.group is not None:
            found = self._groups.get(request.namespace, request.group)
            if isinstance(found, Refusal):
                return found
            group = found
        return self._sizes.get(group.size if group else request.size)

    def _take_idle(
        self, request: RunnerRequest, size: Size, lanes: dict[LaneName, Lane], now: float
    ) -> Grant | None:
        pool = self._roster.pools.get(pool_of(request, size.name))
        if not pool or request.new or self._turns.outranked(request, lanes.values(), now):
            return None
        # The one that came free last waits longest, so that the others may go.
        found = next((one for one in reversed(pool.values()) if one.until > now), None)
        if found is None:
            return None
        self._roster.change(found, Use.ASSIGNED, now, request.job)
        self._turns.served(request, lanes, now)
        return Grant(found.key[1], found.up, size)

    def _make(
        self, request: RunnerRequest, size: Size, lanes: dict[LaneName, Lane], now: float
    ) -> Grant | Refusal:
        full = self._turns.first_full(request, lanes, now)
        if full is not None:
            self._turns.wait(request, lanes, full, now)
            return _full(full, lanes[full])
        runner = runner_asked_for(request, size.name)
        self._roster.add(runner, now)
        self._roster.change(runner, Use.ASSIGNED, now, request.job)
        self._turns.tried(runner)
        self._turns.served(request, lanes, now)
        return Grant(None, False, size)

    def forget_job(self, job: str, now: float) -> None:
        """Take note that a job wants nothing more."""
        self._turns.forget_job(job, now)

    def tick(self, now: float) -> None:
        """Take note of the time, every second or so: wake the next where one did not answer."""
        self._turns.tick(now)

    def bounds_changed(self, now: float) -> None:
        """Wake who may have a chance after a size or a group was changed."""
        for name, lane in self._roster.lanes.items():
            lane.bound = self._bound_of(name)
            self._turns.wake_next(lane, now)

    def _bound_of(self, name: LaneName) -> int | None:
        match name:
            case ("namespace", namespace):
                return self._tenants.limit_of(namespace)
            case ("size", size):
                found = self._sizes.known(size)
                return found.max_runners if found else None
            case ("group", namespace, group):
                known = self._groups.known(namespace, group)
                return known.maximum if known else None
        return None

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


def _full(name: LaneName, lane: Lane) -> Refusal:
    """Return why a bound has no room."""
    if lane.hold is not None:
        return lane.hold.refusal
    if name[0] == "namespace":
        what = f"All {lane.bound} runners that namespace {name[1]} may have at once are taken."
        return Refusal("NamespaceLimit", explained("NamespaceLimit", what))
    what = f"machine size {name[1]}" if name[0] == "size" else f"machine group {name[2]}"
    message = f"All {lane.bound} runners of {what} are taken."
    return Refusal("WaitingForRunner", message, Remedy.PATIENCE)
