"""Whose turn it is, where jobs wait for several bounds at the same time."""

from __future__ import annotations

from tests.unit.operator.runners.allocation import World, record, warm

from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.request import Grant
from fairlead_operator.runners.tenants import Tenants

QUOTA = Refusal("QuotaExceeded", "exceeded quota: mine")
RANGE = Refusal("LimitRangeExceeded", "maximum memory usage per Pod is 1Gi")


def test_offers_of_two_bounds_do_not_send_jobs_from_one_to_the_other_for_ever() -> None:
    world = World(tenants=Tenants(limits={"here": 2}), maxRunners=2)
    world.make("x", "x1", namespace="there")
    world.make("a", "a1")
    world.waits("b", "b1")  # for the size
    world.make("c", "c1", size="large")
    for job in ("d", "e"):
        found = world.ask(job, f"{job}1")
        assert isinstance(found, Refusal)
        assert found.reason == "NamespaceLimit"
    world.end("a1")
    served = []
    for _ in range(100):
        if not world.woken:
            break
        job = world.woken.pop(0)
        if isinstance(world.ask(job, f"{job}1"), Grant):
            served.append(job)
    assert len(served) == 1
    assert not world.woken


def test_who_is_not_helped_by_room_keeps_nobody_from_its_own_runner() -> None:
    world = World()
    world.make("a", "a1")
    world.ask("b", "b1", priority=1)
    world.allocator.refused("here", "b1", world.now, RANGE)
    assert isinstance(world.ask("b", "b1", new=True, priority=1), Refusal)
    world.idle("a1")
    assert world.woken == ["b"]
    # No pod of this size can be made here, whatever ends.
    assert warm(world.ask("a", "a2"), "a1")


def test_who_waits_for_a_quota_is_helped_by_room() -> None:
    world = World()
    world.make("a", "a1")
    world.ask("b", "b1", priority=1)
    world.allocator.refused("here", "b1", world.now, QUOTA)
    assert isinstance(world.ask("b", "b1", new=True, priority=1), Refusal)
    world.idle("a1")
    assert isinstance(world.ask("a", "a2"), Refusal)
    assert world.allocator.take_ends() == [("here", "a1")]


def test_a_pod_that_is_seen_was_made_though_nobody_has_said_so() -> None:
    world = World()
    world.ask("a", "a1")
    world.allocator.refused("here", "a1", world.now, QUOTA)
    assert isinstance(world.ask("a", "a1", new=True), Refusal)
    assert isinstance(world.ask("b", "b1"), Refusal)
    world.now += 5.0
    world.allocator.tick(world.now)
    assert isinstance(world.ask("a", "a1", new=True), Grant)
    world.woken.clear()
    world.see(record("a1", "a"))  # what was asked for; the answer was lost
    assert world.woken == ["b"]
    assert isinstance(world.ask("b", "b1"), Grant)
