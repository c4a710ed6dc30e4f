"""Which runner a task gets: one of those that wait, a new one, or none yet.

One allocator serves all jobs, so that bounds hold over all of them and free room goes
where it is due.  It lives in memory and is made anew from pods and Tasks; nothing here is
the truth about anything but who waits.

* A task takes an idle runner of its namespace, release, size, account and isolation, that
  of its own job or, where both opted in, of another; in a group, that of the group.
* Else it gets a new one, within the bound of its size and of its group.
* Where there is no room its job waits.  Room goes to the highest priority, then to the job
  with the fewest runners, then to the one that has waited longest.  A job that others
  outrank may not take even a runner of its own that has come free: it is ended, if its
  room is what they wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from fairlead_operator.runners.groups import Group, GroupIndex
from fairlead_operator.runners.lanes import Lane, LaneName, PodKey, Runner, Use
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.roster import Roster
from fairlead_operator.runners.sizes import Size, SizeIndex
from fairlead_operator.runners.waiting import Waiter

ASSIGN_MARGIN = 2.0
"""Seconds before an idle runner exits in which it is given nothing any more."""

FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class RunnerRequest:
    """What a task needs of a runner.

    Attributes
    ----------
    job
        The unique id of its job, which waits if there is none.
    pod_name
        What a pod made for this attempt is called.
    reuse
        Which tasks may share a runner with it.
    """

    namespace: str
    job: str
    pod_name: str
    size: str | None
    release: str
    account: str
    group: str | None = None
    reuse: str = "WithinJob"
    isolation: str = "Shared"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """A runner for a task.

    Attributes
    ----------
    pod_name
        A pod that is there; None where the request's own is to be made.
    warm
        Whether it is up and waits, so that the assignment itself starts the task.
    size
        The size of the runner, which a group decides for its tasks.
    """

    pod_name: str | None
    warm: bool
    size: Size


@dataclass(slots=True)
class Hold:
    """No new pods in a namespace until some time, and the jobs that would have liked one."""

    until: float
    refusal: Refusal
    jobs: set[str] = field(default_factory=set)


class Allocator:
    """Grants runners to all jobs.

    Parameters
    ----------
    wake
        Called with the unique id of a job that waited and now has a chance.  It must not ask
        here and now, only remember to.
    """

    def __init__(
        self, sizes: SizeIndex, groups: GroupIndex, wake: Callable[[str], None] = lambda job: None
    ) -> None:
        self._sizes = sizes
        self._groups = groups
        self._wake = wake
        self._roster = Roster(self._bound_of)
        self._abandoned: set[tuple[PodKey, str]] = set()
        self._holds: dict[str, Hold] = {}
        self._to_end: list[PodKey] = []
        self._synced = False

    def tell_of_groups(self, changed: Callable[[str, str], None]) -> None:
        """Have somebody told, by namespace and name, of groups whose runners do something else."""
        self._roster.group_changed = changed

    # --- asking ---------------------------------------------------------------------

    def acquire(self, request: RunnerRequest, now: float) -> Grant | Refusal:
        """Return a runner for a task, or why there is none now.

        Asking again for a pod that was granted before gives the same answer.
        """
        where = self._resolve(request)
        if isinstance(where, Refusal):
            return where
        size, lanes = where
        mine = self._roster.get((request.namespace, request.pod_name))
        if mine is not None and mine.use is Use.ASSIGNED and mine.job == request.job:
            return Grant(None, False, size)
        return (
            self._take_idle(request, size, lanes, now)
            or self._held(request, now)
            or self._wait_where_full(request, lanes, now)
            or self._make(request, size, lanes, now)
        )

    def _resolve(self, request: RunnerRequest) -> tuple[Size, dict[LaneName, Lane]] | Refusal:
        """Return the size of a request's runner and the bounds that it counts against."""
        group: Group | None = None
        if request.group is not None:
            found = self._groups.get(request.namespace, request.group)
            if isinstance(found, Refusal):
                return found
            group = found
        size = self._sizes.get(group.size if group else request.size)
        if isinstance(size, Refusal):
            return size
        bounds: dict[LaneName, int | None] = {("size", size.name): size.max_runners}
        if group is not None:
            bounds["group", group.namespace, group.name] = group.maximum
        return size, {name: self._roster.bounded(name, bound) for name, bound in bounds.items()}

    def _take_idle(
        self, request: RunnerRequest, size: Size, lanes: dict[LaneName, Lane], now: float
    ) -> Grant | None:
        pool = self._roster.pools.get(_pool(request, size.name))
        if not pool:
            return None
        if any(_before(lane, request, now, ties=False) for lane in lanes.values()):
            return None
        # The one that came free last waits longest, so that the others may go.
        found = next((one for one in reversed(pool.values()) if one.until > now), None)
        if found is None:
            return None
        self._roster.change(found, Use.ASSIGNED, now, request.job)
        self._served(request.job, lanes, now)
        return Grant(found.key[1], found.up, size)

    def _held(self, request: RunnerRequest, now: float) -> Refusal | None:
        hold = self._holds.get(request.namespace)
        if hold is None or now >= hold.until:
            return None
        hold.jobs.add(request.job)
        return hold.refusal

    def _wait_where_full(
        self, request: RunnerRequest, lanes: dict[LaneName, Lane], now: float
    ) -> Refusal | None:
        for name, lane in lanes.items():
            if lane.bound is not None and lane.free <= _before(lane, request, now):
                lane.queue.add(_waiter(lane, request, now))
                self._make_room(lane, now)
                if lane.free > 0:
                    # Others come first, who may not know yet that there is room.
                    self._wake_next(lane, now)
                return _full(name, lane.bound)
        return None

    def _make(
        self, request: RunnerRequest, size: Size, lanes: dict[LaneName, Lane], now: float
    ) -> Grant:
        runner = _new_runner(request, size)
        self._roster.add(runner, now)
        self._roster.change(runner, Use.ASSIGNED, now, request.job)
        self._served(request.job, lanes, now)
        return Grant(None, False, size)

    # --- who waits ------------------------------------------------------------------------

    def _make_room(self, lane: Lane, now: float) -> None:
        """End the runner that has been idle longest, unless enough are ending already."""
        if lane.free <= 0 and lane.idle and len(lane.ending) < len(lane.queue):
            runner = next(iter(lane.idle.values()))
            self._roster.change(runner, Use.ENDING, now)
            self._to_end.append(runner.key)

    def _wake_next(self, lane: Lane, now: float) -> None:
        """Tell the first who waits that there is a chance: room, or a runner to take over."""
        if lane.free > 0 or lane.idle:
            job = lane.queue.best(lane.count, now)
            if job is not None:
                self._wake(job)

    def _served(self, job: str, lanes: dict[LaneName, Lane], now: float) -> None:
        """Let a job wait no more; there may be room for the next one too."""
        for lane in lanes.values():
            lane.queue.remove(job)
            self._wake_next(lane, now)

    def forget_job(self, job: str) -> None:
        """Take note that a job wants nothing more."""
        for lane in self._roster.lanes.values():
            lane.queue.remove(job)
        for hold in self._holds.values():
            hold.jobs.discard(job)

    def tick(self, now: float) -> None:
        """Take note of the time, every second or so: wake the next where one did not answer."""
        for name, lane in list(self._roster.lanes.items()):
            if lane.empty:
                del self._roster.lanes[name]
            elif len(lane.queue):
                self._wake_next(lane, now)
        for namespace in [name for name, hold in self._holds.items() if now >= hold.until]:
            self.end_hold(namespace)

    def bounds_changed(self, now: float) -> None:
        """Wake who may have a chance after a size or a group was changed."""
        for name, lane in self._roster.lanes.items():
            lane.bound = self._bound_of(name)
            self._wake_next(lane, now)

    def _bound_of(self, name: LaneName) -> int | None:
        if name[0] == "size":
            size = self._sizes.known(name[1])
            return size.max_runners if size else None
        group = self._groups.known(name[1], name[2])
        return group.maximum if group else None

    def hold(self, namespace: str, until: float, refusal: Refusal) -> None:
        """Grant no new pods in a namespace for a while: the API server refuses them."""
        hold = self._holds.setdefault(namespace, Hold(until, refusal))
        hold.until, hold.refusal = until, refusal

    def end_hold(self, namespace: str) -> None:
        """Grant new pods in a namespace again, and wake the jobs that asked for one."""
        hold = self._holds.pop(namespace, None)
        for job in sorted(hold.jobs) if hold else ():
            self._wake(job)

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
            return
        if runner is None:
            runner = _seen_runner(pod)
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
        for name in runner.lanes:
            self._wake_next(self._roster.lane(name), now)

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
            self._roster.add(_seen_runner(pod), now)
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
        for name in runner.lanes:
            self._wake_next(self._roster.lane(name), now)

    def take_ends(self) -> list[PodKey]:
        """Return the pods to be deleted to make room for others; each is told once."""
        ends, self._to_end = self._to_end, []
        return ends

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

    def waiting(self, size: str) -> int:
        """Return how many jobs wait for a runner of a size."""
        lane = self._roster.lanes.get(("size", size))
        return len(lane.queue) if lane else 0


def _before(lane: Lane, request: RunnerRequest, now: float, *, ties: bool = True) -> int:
    """Return how many jobs that wait come before the one that asks."""
    if not len(lane.queue):
        return 0
    return lane.queue.before(_waiter(lane, request, now), lane.count, now, ties=ties)


def _waiter(lane: Lane, request: RunnerRequest, now: float) -> Waiter:
    there = lane.queue.get(request.job)
    return Waiter(request.job, request.priority, there.since if there else now)


def _full(name: LaneName, bound: int) -> Refusal:
    what = f"machine size {name[1]}" if name[0] == "size" else f"machine group {name[2]}"
    return Refusal("WaitingForRunner", f"All {bound} runners of {what} are taken.", Remedy.PATIENCE)


def _pool(request: RunnerRequest, size: str) -> tuple[str, ...]:
    sharer = _sharer(request.reuse, request.group, request.job)
    return request.namespace, request.release, size, request.account, request.isolation, sharer


def _sharer(reuse: str, group: str | None, job: str) -> str:
    if group:
        return f"group/{group}"
    return "*" if reuse == "AcrossJobs" else f"{reuse}/{job}"


def _new_runner(request: RunnerRequest, size: Size) -> Runner:
    return Runner(
        key=(request.namespace, request.pod_name),
        size=size.name,
        group=request.group or "",
        release=request.release,
        account=request.account,
        pool=_pool(request, size.name),
        reuse="AcrossJobs" if request.group else request.reuse,
    )


def _seen_runner(pod: PodRecord) -> Runner:
    sharer = _sharer(pod.reuse, pod.group, pod.job_uid)
    return Runner(
        key=pod.key,
        size=pod.size,
        group=pod.group,
        release=pod.release,
        account=pod.account,
        pool=(pod.namespace, pod.release, pod.size, pod.account, pod.isolation, sharer),
        reuse=pod.reuse,
        reuse_seconds=float(pod.reuse_seconds),
        seen=True,
    )
