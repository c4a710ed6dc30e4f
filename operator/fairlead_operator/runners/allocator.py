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
from enum import Enum

from fairlead_operator.runners.groups import Group, GroupIndex
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.sizes import Size, SizeIndex
from fairlead_operator.runners.waiting import Queue, Waiter

ASSIGN_MARGIN = 2.0
"""Seconds before an idle runner exits in which it is given nothing any more."""

FOREVER = float("inf")

PodKey = tuple[str, str]
Lane = tuple[str, ...]
"""What has a bound: ``("size", name)`` or ``("group", namespace, name)``."""


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


class Use(Enum):
    """What a runner is doing."""

    ASSIGNED = "assigned"
    IDLE = "idle"
    UNCLAIMED = "unclaimed"
    """Seen, but no Task is known to name it."""
    ENDING = "ending"


@dataclass(slots=True)
class Runner:
    """One pod that counts.

    Attributes
    ----------
    pool
        What a request must have in common with it to take it.
    job
        The job whose task it runs; empty without.
    since
        Since when it has done what it does.
    until
        How long, idle, it may be given a task.
    """

    key: PodKey
    size: str
    group: str
    release: str
    pool: tuple[str, ...]
    reuse: str
    reuse_seconds: float
    use: Use = Use.UNCLAIMED
    job: str = ""
    since: float = 0.0
    until: float = 0.0
    up: bool = False

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The bounds that it counts against."""
        size = ("size", self.size)
        return (size, ("group", self.key[0], self.group)) if self.group else (size,)


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
        self._runners: dict[PodKey, Runner] = {}
        self._idle: dict[tuple[str, ...], dict[PodKey, Runner]] = {}
        self._lanes: dict[Lane, dict[PodKey, Runner]] = {}
        self._running: dict[tuple[Lane, str], int] = {}
        self._queues: dict[Lane, Queue] = {}
        self._abandoned: set[tuple[PodKey, str]] = set()
        self._holds: dict[str, Hold] = {}
        self._to_end: list[PodKey] = []

    # --- asking ---------------------------------------------------------------------

    def acquire(self, request: RunnerRequest, now: float) -> Grant | Refusal:
        """Return a runner for a task, or why there is none now.

        Asking again for a pod that was granted before gives the same answer.
        """
        where = self._resolve(request)
        if isinstance(where, Refusal):
            return where
        size, group = where
        lanes = self._lanes_of(request, size)
        mine = self._runners.get((request.namespace, request.pod_name))
        if mine is not None and mine.use is Use.ASSIGNED and mine.job == request.job:
            return Grant(None, False, size)
        warm = self._take_idle(request, size, lanes, now)
        if warm is not None:
            return warm
        held = self._held(request, now)
        if held is not None:
            return held
        for lane, bound in zip(lanes, self._bounds(size, group), strict=True):
            if bound is not None and not self._has_room(lane, bound, request, now):
                return self._wait(lane, bound, request, now)
        self._assign(self._add(_new_runner(request, size), now), request.job, now)
        self._stop_waiting(lanes, request.job)
        # There may be room for the next one too.
        self._room_came(lanes, now)
        return Grant(None, False, size)

    def _resolve(self, request: RunnerRequest) -> tuple[Size, Group | None] | Refusal:
        group = None
        name = request.size
        if request.group is not None:
            found = self._groups.get(request.namespace, request.group)
            if isinstance(found, Refusal):
                return found
            group, name = found, found.size
        size = self._sizes.get(name)
        return size if isinstance(size, Refusal) else (size, group)

    @staticmethod
    def _lanes_of(request: RunnerRequest, size: Size) -> tuple[Lane, ...]:
        lane = ("size", size.name)
        return (lane, ("group", request.namespace, request.group)) if request.group else (lane,)

    @staticmethod
    def _bounds(size: Size, group: Group | None) -> tuple[int | None, ...]:
        return (size.max_runners, group.maximum) if group else (size.max_runners,)

    def _take_idle(
        self, request: RunnerRequest, size: Size, lanes: Iterable[Lane], now: float
    ) -> Grant | None:
        if any(self._outranked(lane, request, now, warm=True) for lane in lanes):
            return None
        idle = self._idle.get(_pool(request, size.name), {})
        # The one that came free last waits longest, so that the others may go.
        for runner in reversed(list(idle.values())):
            if runner.until > now:
                self._assign(runner, request.job, now)
                self._stop_waiting(lanes, request.job)
                return Grant(runner.key[1], runner.up, size)
        return None

    def _held(self, request: RunnerRequest, now: float) -> Refusal | None:
        hold = self._holds.get(request.namespace)
        if hold is None or now >= hold.until:
            return None
        hold.jobs.add(request.job)
        return hold.refusal

    # --- rooms and ranks ----------------------------------------------------------------

    def _has_room(self, lane: Lane, bound: int, request: RunnerRequest, now: float) -> bool:
        free = bound - len(self._lanes.get(lane, ()))
        if free <= 0:
            return False
        queue = self._queues.get(lane)
        if queue is None:
            return True
        before = queue.before(self._waiter(lane, request, now), self._count(lane), now)
        return before < free

    def _outranked(self, lane: Lane, request: RunnerRequest, now: float, *, warm: bool) -> bool:
        queue = self._queues.get(lane)
        if queue is None:
            return False
        one = self._waiter(lane, request, now)
        return queue.before(one, self._count(lane), now, ties=not warm) > 0

    def _waiter(self, lane: Lane, request: RunnerRequest, now: float) -> Waiter:
        queue = self._queues.get(lane)
        there = queue.get(request.job) if queue else None
        return Waiter(request.job, request.priority, there.since if there else now)

    def _count(self, lane: Lane) -> Callable[[str], int]:
        return lambda job: self._running.get((lane, job), 0)

    def _wait(self, lane: Lane, bound: int, request: RunnerRequest, now: float) -> Refusal:
        queue = self._queues.setdefault(lane, Queue())
        queue.add(self._waiter(lane, request, now))
        if len(self._lanes.get(lane, ())) >= bound:
            self._make_room(lane, len(queue), now)
        else:
            # Others come first, who may not know yet that there is room.
            self._room_came([lane], now)
        what = f"machine size {lane[1]}" if lane[0] == "size" else f"machine group {lane[2]}"
        return Refusal(
            "WaitingForRunner",
            f"All {bound} runners of {what} are taken.",
            Remedy.PATIENCE,
        )

    def _make_room(self, lane: Lane, wanted: int, now: float) -> None:
        """End the runner that has been idle longest, unless enough are ending already."""
        runners = self._lanes.get(lane, {}).values()
        if sum(one.use is Use.ENDING for one in runners) >= wanted:
            return
        idle = [one for one in runners if one.use is Use.IDLE]
        if idle:
            self._end(min(idle, key=lambda one: (one.since, one.key)), now)

    def _end(self, runner: Runner, now: float) -> None:
        self._leave(runner)
        runner.use, runner.since = Use.ENDING, now
        self._to_end.append(runner.key)

    def _room_came(self, lanes: Iterable[Lane], now: float) -> None:
        for lane in lanes:
            queue = self._queues.get(lane)
            job = queue.best(self._count(lane), now) if queue else None
            if job is not None:
                self._wake(job)

    def _stop_waiting(self, lanes: Iterable[Lane], job: str) -> None:
        for lane in lanes:
            queue = self._queues.get(lane)
            if queue is not None and queue.remove(job):
                del self._queues[lane]

    # --- what happens to runners ------------------------------------------------------------

    def pod_seen(self, pod: PodRecord, now: float) -> None:
        """Take note of a pod as it is now, one that was deleted included."""
        if (pod.key, pod.uid) in self._abandoned:
            if pod.ended:
                self._abandoned.discard((pod.key, pod.uid))
            return
        runner = self._runners.get(pod.key)
        if pod.ended:
            if runner is not None:
                self._remove(runner, now)
            return
        if runner is None:
            runner = self._add(_seen_runner(pod), now)
        runner.up = pod.phase == "Running"
        runner.reuse_seconds = float(pod.reuse_seconds)
        if not pod.alive and runner.use is not Use.ASSIGNED:
            self._leave(runner)
            runner.use = Use.ENDING

    def held(self, namespace: str, pod_name: str, job: str, now: float) -> None:
        """Take note that a Task of a job names a pod and has not ended there."""
        runner = self._runners.get((namespace, pod_name))
        if runner is not None and runner.use is not Use.ASSIGNED:
            self._assign(runner, job, now)

    def idle(self, namespace: str, pod_name: str, since: float, now: float) -> None:
        """Take note that a runner has reported and waits for its next task.

        Parameters
        ----------
        since
            When it reported.
        """
        runner = self._runners.get((namespace, pod_name))
        if runner is None or runner.use is Use.ENDING:
            return
        self._leave(runner)
        if runner.reuse == "Never":
            runner.use = Use.ENDING
            return
        runner.use, runner.since = Use.IDLE, since
        wait = FOREVER if runner.group else runner.reuse_seconds - ASSIGN_MARGIN
        runner.until = since + wait
        self._idle.setdefault(runner.pool, {})[runner.key] = runner
        self._room_came(runner.lanes, now)

    def made(self, pod: PodRecord, now: float) -> None:
        """Take note of a pod that is made for a group without a task: it may be given one."""
        runner = self._runners.get(pod.key) or self._add(_seen_runner(pod), now)
        if runner.use is Use.UNCLAIMED:
            self.idle(pod.namespace, pod.name, now, now)

    def give_up(self, namespace: str, pod_name: str, now: float, *, uid: str | None = None) -> None:
        """Count a pod no longer: it will not be made, or its node is lost (then with ``uid``)."""
        runner = self._runners.get((namespace, pod_name))
        if uid is not None:
            self._abandoned.add(((namespace, pod_name), uid))
        if runner is not None:
            self._remove(runner, now)

    def hold(self, namespace: str, until: float, refusal: Refusal) -> None:
        """Grant no new pods in a namespace for a while: the API server refuses them."""
        hold = self._holds.setdefault(namespace, Hold(until, refusal))
        hold.until, hold.refusal = until, refusal

    def end_hold(self, namespace: str) -> None:
        """Grant new pods in a namespace again, and wake the jobs that asked for one."""
        hold = self._holds.pop(namespace, None)
        for job in sorted(hold.jobs) if hold else ():
            self._wake(job)

    def tick(self, now: float) -> None:
        """Take note of the time, every second or so: wake the next where one did not answer."""
        self._room_came(list(self._queues), now)
        for namespace in [name for name, hold in self._holds.items() if now >= hold.until]:
            self.end_hold(namespace)

    def forget_job(self, job: str) -> None:
        """Take note that a job wants nothing more."""
        self._stop_waiting(list(self._queues), job)
        for hold in self._holds.values():
            hold.jobs.discard(job)

    def synced(self, now: float) -> None:
        """Take note that all Tasks are known: runners of groups that none names are idle."""
        for runner in list(self._runners.values()):
            if runner.use is Use.UNCLAIMED and runner.group:
                self.idle(*runner.key, now, now)

    def bounds_changed(self, now: float) -> None:
        """Wake who may have a chance after a size or group was changed."""
        self._room_came(list(self._queues), now)

    def take_ends(self) -> list[PodKey]:
        """Return the pods to be deleted to make room for others; each is told once."""
        ends, self._to_end = self._to_end, []
        return ends

    # --- what is there ----------------------------------------------------------------------

    def runners_of(self, namespace: str, group: str) -> list[Runner]:
        """Return the runners of a group."""
        return list(self._lanes.get(("group", namespace, group), {}).values())

    def count(self, size: str) -> int:
        """Return how many runners of a size there are."""
        return len(self._lanes.get(("size", size), ()))

    def waiting(self, size: str) -> int:
        """Return how many jobs wait for a runner of a size."""
        queue = self._queues.get(("size", size))
        return len(queue) if queue else 0

    def __iter__(self) -> Iterator[Runner]:
        return iter(list(self._runners.values()))

    # --- bookkeeping ----------------------------------------------------------------------

    def _add(self, runner: Runner, now: float) -> Runner:
        runner.since = now
        self._runners[runner.key] = runner
        for lane in runner.lanes:
            self._lanes.setdefault(lane, {})[runner.key] = runner
        return runner

    def _remove(self, runner: Runner, now: float) -> None:
        self._leave(runner)
        del self._runners[runner.key]
        for lane in runner.lanes:
            there = self._lanes[lane]
            del there[runner.key]
            if not there:
                del self._lanes[lane]
        self._room_came(runner.lanes, now)

    def _assign(self, runner: Runner, job: str, now: float) -> None:
        self._leave(runner)
        runner.use, runner.job, runner.since = Use.ASSIGNED, job, now
        for lane in runner.lanes:
            self._running[lane, job] = self._running.get((lane, job), 0) + 1

    def _leave(self, runner: Runner) -> None:
        """Take a runner out of what it does, as the first half of every change."""
        if runner.use is Use.ASSIGNED:
            for lane in runner.lanes:
                self._running[lane, runner.job] -= 1
                if not self._running[lane, runner.job]:
                    del self._running[lane, runner.job]
        elif runner.use is Use.IDLE:
            pool = self._idle[runner.pool]
            del pool[runner.key]
            if not pool:
                del self._idle[runner.pool]
        runner.use, runner.job = Use.UNCLAIMED, ""


def _sharer(reuse: str, group: str | None, job: str) -> str:
    if group:
        return f"group/{group}"
    return "*" if reuse == "AcrossJobs" else f"job/{job}"


def _pool(request: RunnerRequest, size: str) -> tuple[str, ...]:
    sharer = _sharer(request.reuse, request.group, request.job)
    return request.namespace, request.release, size, request.account, request.isolation, sharer


def _new_runner(request: RunnerRequest, size: Size) -> Runner:
    return Runner(
        (request.namespace, request.pod_name),
        size.name,
        request.group or "",
        request.release,
        _pool(request, size.name),
        "AcrossJobs" if request.group else request.reuse,
        # The pod says how long it waits; until it is seen it is not idle either.
        0.0,
    )


def _seen_runner(pod: PodRecord) -> Runner:
    sharer = _sharer(pod.reuse, pod.group, pod.job_uid)
    pool = (pod.namespace, pod.release, pod.size, pod.account, pod.isolation, sharer)
    seconds = float(pod.reuse_seconds)
    return Runner(pod.key, pod.size, pod.group, pod.release, pool, pod.reuse, seconds)
