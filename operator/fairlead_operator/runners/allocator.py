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

from collections.abc import Callable

from fairlead_operator.runners.attendance import Attendance
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.groups import Group, GroupIndex
from fairlead_operator.runners.lanes import Lane, LaneName, Use, lane_names
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.request import (
    Grant,
    RunnerRequest,
    pool_of,
    runner_asked_for,
)
from fairlead_operator.runners.roster import Roster
from fairlead_operator.runners.sizes import Size, SizeIndex
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.runners.turns import Turns

EVERYBODY_ALIKE = Tenants()


class Allocator(Attendance):
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
        roster = Roster(self._bound_of, tenants)
        super().__init__(roster, Turns(roster, wake))

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
