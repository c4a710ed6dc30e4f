"""All runners, found by whatever they are looked for.

Every change of what a runner does goes through :meth:`Roster.change`, so that no two of the
collections here can say different things about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from fairlead_operator.runners.holds import PodKey
from fairlead_operator.runners.lanes import Lane, LaneName, Runner, Use
from fairlead_operator.runners.tenants import Tenants

Name = TypeVar("Name")


class Roster:
    """The runners that count.

    Parameters
    ----------
    bound_of
        Says how many runners a lane may have that nobody has asked for yet.
    tenants
        Says what shares namespaces have in a lane.

    Attributes
    ----------
    lanes
        By what bounds them.
    pools
        Those that are idle, by what a request must have in common with them to take one; the
        one that came free last stands last.
    assigned
        Those that have a task, by the unique id of its job.
    group_changed
        Told of groups, by namespace and name, whose runners do something else.
    """

    def __init__(self, bound_of: Callable[[LaneName], int | None], tenants: Tenants) -> None:
        self._bound_of = bound_of
        self._tenants = tenants
        self._runners: dict[PodKey, Runner] = {}
        self.lanes: dict[LaneName, Lane] = {}
        self.pools: dict[tuple[str, ...], dict[PodKey, Runner]] = {}
        self.assigned: dict[str, dict[PodKey, Runner]] = {}
        self.group_changed: Callable[[str, str], None] = lambda namespace, group: None

    def __contains__(self, key: PodKey) -> bool:
        return key in self._runners

    def __getitem__(self, key: PodKey) -> Runner:
        return self._runners[key]

    def __iter__(self) -> Iterator[Runner]:
        return iter(self._runners.values())

    def get(self, key: PodKey) -> Runner | None:
        """Return the runner of a pod, or None."""
        return self._runners.get(key)

    def lane(self, name: LaneName) -> Lane:
        """Return a lane."""
        found = self.lanes.get(name)
        return found if found is not None else self.bounded(name, self._bound_of(name))

    def bounded(self, name: LaneName, bound: int | None) -> Lane:
        """Return a lane, from now on with this bound."""
        lane = self.lanes.get(name)
        if lane is None:
            lane = self.lanes[name] = Lane(self._tenants)
        lane.bound = bound
        return lane

    def add(self, runner: Runner, now: float) -> None:
        """Count one more runner."""
        runner.since = now
        self._runners[runner.key] = runner
        for name in runner.lanes:
            lane = self.lane(name)
            lane.runners[runner.key] = runner
            lane.enter(runner)

    def remove(self, runner: Runner, now: float) -> None:
        """Count a runner no more."""
        self.change(runner, Use.UNCLAIMED, now)
        del self._runners[runner.key]
        for name in runner.lanes:
            del self.lanes[name].runners[runner.key]

    def change(self, runner: Runner, use: Use, since: float, job: str = "") -> None:
        """Let a runner do something else: the only place where that changes."""
        lanes = [self.lanes[name] for name in runner.lanes]
        for lane in lanes:
            lane.leave(runner)
        if runner.use is Use.IDLE:
            _take_out(self.pools, runner.pool, runner)
        elif runner.use is Use.ASSIGNED:
            _take_out(self.assigned, runner.job, runner)
        runner.use, runner.job, runner.since = use, job, since
        if use is Use.IDLE:
            self.pools.setdefault(runner.pool, {})[runner.key] = runner
        elif use is Use.ASSIGNED:
            self.assigned.setdefault(job, {})[runner.key] = runner
        for lane in lanes:
            lane.enter(runner)
        if runner.group:
            self.group_changed(runner.key[0], runner.group)


def _take_out(shelves: dict[Name, dict[PodKey, Runner]], name: Name, runner: Runner) -> None:
    """Take a runner out of one of some collections, and that away if it is empty."""
    del shelves[name][runner.key]
    if not shelves[name]:
        del shelves[name]
