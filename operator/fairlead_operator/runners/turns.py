"""Whose turn it is where there is not room for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fairlead_operator.runners.holds import FORGOTTEN_SECONDS, Hold, PodKey
from fairlead_operator.runners.lanes import Lane, LaneName, Runner, Use
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.request import RunnerRequest
from fairlead_operator.runners.roster import Roster


class Turns:
    """Lets jobs wait for room, ends idle runners to make some, and tells who is next.

    Parameters
    ----------
    wake
        Called with the unique id of a job that waited and now has a chance.
    """

    def __init__(self, roster: Roster, wake: Callable[[str], None]) -> None:
        self._roster = roster
        self._wake = wake
        self._waits: dict[str, set[LaneName]] = {}
        self._held: dict[str, set[LaneName]] = {}
        self._to_end: list[PodKey] = []

    # --- asking ---------------------------------------------------------------------------

    def outranked(self, request: RunnerRequest, lanes: Iterable[Lane], now: float) -> bool:
        """Say whether somebody waits who has a better claim to a runner than its own job.

        Whom the room of a runner would not help keeps nobody from it.
        """
        asker = request.namespace, request.job, request.priority
        return any(_helped_by_room(lane) and lane.queue.outranks(*asker, now) for lane in lanes)

    def first_full(
        self, request: RunnerRequest, lanes: dict[LaneName, Lane], now: float
    ) -> LaneName | None:
        """Return the first bound that has no room for a request; None if all have.

        What is offered to others is no room, and where others come first, they ask first; a
        job that has an offer takes it.  One that has an offer of some bound also takes what
        another bound has offered to its equals: else each could keep the other from using
        its own, and pass it on to the next, for ever.
        """
        asker = request.namespace, request.job, request.priority
        is_offered = any(lane.queue.has_offer(request.job) for lane in lanes.values())
        for name, lane in lanes.items():
            queue = lane.queue
            if lane.free <= 0:
                return name
            if queue.has_offer(request.job):
                continue
            if not is_offered and lane.free <= queue.offers:
                return name
            if queue.outranks(*asker, now):
                return name
        return None

    def wait(
        self, request: RunnerRequest, lanes: dict[LaneName, Lane], full: LaneName, now: float
    ) -> None:
        """Let a job wait for one bound, and for no other: room there would be no use to it."""
        job = request.job
        for name, lane in lanes.items():
            if name == full:
                lane.queue.add(request.namespace, job, request.priority, now)
                self._waits.setdefault(job, set()).add(name)
                self._make_room(lane, now)
                self._offer(lane, lane.free, now)
            elif job in lane.queue:
                self._leave(job, name)
                self.wake_next(lane, now)

    def served(self, request: RunnerRequest, lanes: dict[LaneName, Lane], now: float) -> None:
        """Let a job wait no more; there may be room for the next one too."""
        for name, lane in lanes.items():
            lane.queue.served(request.namespace, request.job, now)
            self._waits.get(request.job, set()).discard(name)
            self.wake_next(lane, now)

    def forget_job(self, job: str, now: float) -> None:
        """Take note that a job wants nothing more."""
        for name in self._waits.pop(job, set()):
            lane = self._roster.lanes.get(name)
            if lane is not None:
                lane.queue.remove(job)
                self.wake_next(lane, now)

    def _leave(self, job: str, name: LaneName) -> None:
        self._roster.lane(name).queue.remove(job)
        self._waits.get(job, set()).discard(name)

    # --- room -----------------------------------------------------------------------------

    def _make_room(self, lane: Lane, now: float) -> None:
        """End the runner that has been idle longest, unless enough are ending already."""
        is_full = lane.free <= 0 and len(lane.ending) < len(lane.queue)
        if is_full and lane.idle and _helped_by_room(lane):
            self.end(next(iter(lane.idle.values())), now)

    def end(self, runner: Runner, now: float) -> None:
        """Have an idle runner ended, so that there is room for others."""
        self._roster.change(runner, Use.ENDING, now)
        self._to_end.append(runner.key)

    def take_ends(self) -> list[PodKey]:
        """Return the pods to be deleted to make room for others; each is told once."""
        ends, self._to_end = self._to_end, []
        return ends

    def wake_next(self, lane: Lane, now: float) -> None:
        """Make offers as far as there is room, or are runners to take over."""
        lane.queue.lapse(now)
        self._offer(lane, max(lane.free, 0) + len(lane.idle), now)

    def _offer(self, lane: Lane, chances: float, now: float) -> None:
        while lane.queue.offers < chances:
            job = lane.queue.offer(now)
            if job is None:
                return
            self._wake(job)

    def came_free(self, runner: Runner, now: float) -> None:
        """Make offers where a runner counts no more, or has nothing to do."""
        for name in runner.lanes:
            lane = self._roster.lane(name)
            if lane.hold is not None and runner.key not in lane.runners:
                lane.hold.tried.discard(runner.key)
            self.wake_next(lane, now)

    def tick(self, now: float) -> None:
        """Take note of the time: who did not answer is passed over, a hold may be over."""
        for namespace in list(self._held):
            self._look_at_holds(namespace, now)
        for name, lane in list(self._roster.lanes.items()):
            if lane.empty:
                del self._roster.lanes[name]
            elif len(lane.queue):
                self.wake_next(lane, now)

    # --- what the API server refuses ------------------------------------------------------

    def hold(self, runner: Runner, refusal: Refusal, now: float) -> None:
        """Make no more pods such as one that was refused, but for one now and then."""
        name = runner.lanes[0]
        lane = self._roster.lane(name)
        if lane.hold is None:
            lane.hold = Hold(refusal)
        lane.hold.refused(runner.key, refusal, now)
        self._held.setdefault(runner.namespace, set()).add(name)

    def made(self, runner: Runner, now: float) -> None:
        """Take note that a pod was made."""
        lane = self._roster.lane(runner.lanes[0])
        if lane.hold is not None:
            lane.hold.made(runner.key)
            if lane.hold.wide and not len(lane.queue):
                self._end_hold(runner.lanes[0])
            self.wake_next(lane, now)

    def tried(self, runner: Runner) -> None:
        """Take note that a pod is about to be made."""
        lane = self._roster.lane(runner.lanes[0])
        if lane.hold is not None:
            lane.hold.tried.add(runner.key)

    def pod_ended(self, namespace: str, now: float) -> None:
        """Take note that a pod has ended, so that a quota may have room again."""
        for name in self._held.get(namespace, ()):
            lane = self._roster.lane(name)
            if lane.hold is not None:
                lane.hold.open()
                self.wake_next(lane, now)

    def _look_at_holds(self, namespace: str, now: float) -> None:
        for name in sorted(self._held[namespace]):
            lane = self._roster.lane(name)
            if lane.hold is None or now < lane.hold.until:
                continue
            lane.hold.open()
            if not len(lane.queue) and now > lane.hold.until + FORGOTTEN_SECONDS:
                self._end_hold(name)

    def _end_hold(self, name: LaneName) -> None:
        self._roster.lane(name).hold = None
        self._held[name[1]].discard(name)
        if not self._held[name[1]]:
            del self._held[name[1]]


def _helped_by_room(lane: Lane) -> bool:
    """Whether those who wait for a bound are helped when a runner ends."""
    return lane.hold is None or lane.hold.is_quota
