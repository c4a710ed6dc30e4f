"""Pods that the API server refuses: who waits, who is asked for again, and how often."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.operator.runners.allocation import World, record, warm

from fairlead_operator.runners.holds import FIRST_PAUSE, FORGOTTEN_SECONDS, LONGEST_PAUSE, WIDE
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.request import Grant

QUOTA = Refusal("QuotaExceeded", "exceeded quota: q")


def refuse(world: World, job: str, name: str, **more: str) -> None:
    """Ask, expect a new pod, and have the API server refuse it."""
    found = world.ask(job, name, **more)
    assert isinstance(found, Grant)
    assert found.pod_name is None
    world.allocator.refused(more.get("namespace", "here"), name, world.now, QUOTA)


def test_nothing_new_is_made_where_a_quota_refuses_pods() -> None:
    world = World()
    world.make("a", "a1")
    world.idle("a1")
    refuse(world, "b", "b1")
    assert warm(world.ask("a", "a2"), "a1")
    assert world.ask("c", "c1") is QUOTA


def test_an_idle_runner_makes_room_in_a_quota() -> None:
    world = World()
    world.make("a", "a1")
    world.idle("a1")
    refuse(world, "b", "b1")
    assert world.ask("b", "b1", new=True) is QUOTA
    assert world.allocator.take_ends() == [("here", "a1")]


def test_where_a_size_is_not_allowed_room_is_no_help() -> None:
    world = World()
    world.make("a", "a1")
    world.idle("a1")
    assert isinstance(world.ask("b", "b1"), Grant)
    limit = Refusal("LimitRangeExceeded", "maximum memory usage per Container is 1Mi")
    world.allocator.refused("here", "b1", world.now, limit)
    assert world.ask("b", "b1", new=True) is limit
    assert world.allocator.take_ends() == []


def test_other_namespaces_and_sizes_are_not_held() -> None:
    world = World()
    refuse(world, "a", "a1")
    world.make("b", "b1", namespace="elsewhere")
    world.make("a", "a2", size="large")


def test_a_pod_that_was_refused_leaves_its_room_to_others() -> None:
    world = World(maxRunners=1)
    found = world.ask("a", "a1")
    assert isinstance(found, Grant)
    world.waits("b", "b1", namespace="elsewhere")
    world.allocator.refused("here", "a1", world.now, QUOTA)
    assert world.woken == ["b"]
    world.make("b", "b1", namespace="elsewhere")
    assert world.allocator.count("small") == 1


def test_what_concerns_one_pod_holds_no_other() -> None:
    world = World(maxRunners=1)
    assert isinstance(world.ask("a", "a1"), Grant)
    world.allocator.refused("here", "a1", world.now, None)
    world.make("b", "b1")


def test_after_a_pause_one_is_tried() -> None:
    world = World()
    refuse(world, "a", "a1")
    assert world.ask("a", "a1", new=True) is QUOTA
    assert world.ask("b", "b1") is QUOTA
    world.now = FIRST_PAUSE - 0.1
    world.allocator.tick(world.now)
    assert world.woken == []
    world.now = FIRST_PAUSE
    world.allocator.tick(world.now)
    assert world.woken == ["a"]
    assert isinstance(world.ask("a", "a1", new=True), Grant)
    # The others wait for what becomes of it.
    assert world.ask("b", "b1") is QUOTA
    world.allocator.created("here", "a1", world.now)
    assert world.woken == ["a", "b"]
    world.make("b", "b1")


def test_each_pod_that_is_made_lets_twice_as_many_be_tried() -> None:
    world = World()
    refuse(world, "a", "a0")
    world.now = FIRST_PAUSE
    world.allocator.tick(world.now)
    tried = 0
    for window in (1, 2, 4):
        names = [f"a{tried + number}" for number in range(window)]
        assert all(isinstance(world.ask("a", name), Grant) for name in names)
        assert world.ask("a", "more") is QUOTA
        tried += window
        world.allocator.created("here", names[0], world.now)
        for name in names[1:]:
            world.allocator.give_up("here", name, world.now)


def test_one_that_is_given_up_lets_another_be_tried() -> None:
    world = World()
    refuse(world, "a", "a1")
    world.now = FIRST_PAUSE
    world.allocator.tick(world.now)
    assert isinstance(world.ask("a", "a1"), Grant)
    world.allocator.give_up("here", "a1", world.now)
    assert isinstance(world.ask("a", "a2"), Grant)


def test_a_pod_that_has_ended_is_reason_to_try_at_once() -> None:
    world = World()
    world.make("a", "a1")
    refuse(world, "b", "b1")
    assert world.ask("b", "b1", new=True) is QUOTA
    world.end("a1")
    assert world.woken == ["b"]
    assert isinstance(world.ask("b", "b1", new=True), Grant)


def test_a_pod_that_was_refused_is_made_under_its_own_name() -> None:
    world = World()
    world.make("a", "a1")
    refuse(world, "a", "a2")
    world.idle("a1")
    world.now = LONGEST_PAUSE
    world.allocator.tick(world.now)
    found = world.ask("a", "a2", new=True)
    assert isinstance(found, Grant)
    assert found.pod_name is None


def test_whose_pod_is_tried_goes_by_priority() -> None:
    world = World()
    refuse(world, "a", "a1")
    for job, priority in (("a", 0), ("b", 5), ("c", 1)):
        assert world.ask(job, f"{job}1", priority=priority) is QUOTA
    world.now = FIRST_PAUSE
    world.allocator.tick(world.now)
    assert world.woken == ["b"]


def test_a_job_that_is_over_is_not_tried() -> None:
    world = World()
    refuse(world, "a", "a1")
    for job in ("a", "b"):
        assert world.ask(job, f"{job}1") is QUOTA
    world.allocator.forget_job("a", world.now)
    world.now = FIRST_PAUSE
    world.allocator.tick(world.now)
    assert world.woken == ["b"]


def test_it_is_no_matter_of_patience_alone() -> None:
    assert QUOTA.remedy is Remedy.MENDING


def test_what_nobody_runs_into_is_forgotten() -> None:
    world = World()
    refuse(world, "a", "a1")
    world.now = FIRST_PAUSE + FORGOTTEN_SECONDS + 1
    world.allocator.tick(world.now)
    for number in range(WIDE + 1):
        world.ask("a", f"p{number}")
    assert world.allocator.count("small") == WIDE + 1


def test_however_many_wait_the_api_server_is_asked_once_a_pause() -> None:
    world = World()
    refuse(world, "a", "a0")
    jobs = [f"j{number}" for number in range(50)]
    tries = 0
    while world.now < 600:
        world.now += 1
        world.allocator.tick(world.now)
        for job in jobs:
            for number in range(3):
                name = f"{job}-{number}"
                if isinstance(world.ask(job, name), Grant):
                    tries += 1
                    world.allocator.refused("here", name, world.now, QUOTA)
    # 1 + 2 + 4 + 8 seconds, then every 15.
    assert tries <= 5 + 600 / LONGEST_PAUSE


@given(quota=st.integers(1, 150), jobs=st.integers(1, 20))
def test_all_that_a_quota_allows_come_in_the_end(quota: int, jobs: int) -> None:
    """Pods are made as far as the quota has room, and when it grows, so are the others."""
    world = World()
    made: set[str] = set()
    allowed = quota // 2
    for _ in range(150):
        world.now += 1
        world.allocator.tick(world.now)
        while True:
            before = len(made)
            _round(world, made, jobs, quota, allowed)
            if len(made) == before:
                break
        if len(made) >= allowed:
            allowed = quota
    assert len(made) == quota


def _round(world: World, made: set[str], jobs: int, quota: int, allowed: int) -> None:
    for number in range(quota):
        name, job = f"p{number}", f"j{number % jobs}"
        if name in made or not isinstance(world.ask(job, name), Grant):
            continue
        if len(made) < allowed:
            made.add(name)
            world.see(record(name, job))
            world.allocator.created("here", name, world.now)
        else:
            world.allocator.refused("here", name, world.now, QUOTA)
