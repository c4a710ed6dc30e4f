"""Which runner a task gets, and who waits."""

from __future__ import annotations

import pytest
from tests.unit.operator.runners.allocation import World, group_object, raw_record, record, warm
from tests.unit.operator.runners.given import Object, added, size_object
from tests.unit.operator.runners.pods import RUNNING, pod, terminated

from fairlead_operator.runners.pod_record import parse_pod
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.request import Grant
from fairlead_operator.runners.waiting import LAPSE_SECONDS

# --- one job ----------------------------------------------------------------------


def test_without_bounds_every_task_gets_a_new_pod() -> None:
    world = World()
    for number in range(100):
        world.make("a", f"p{number}")
    assert world.allocator.count("small") == 100


def test_asking_again_gives_the_same_answer_and_counts_once() -> None:
    world = World(maxRunners=1)
    first = world.ask("a", "p")
    assert world.ask("a", "p") == first
    assert world.allocator.count("small") == 1


def test_an_idle_runner_is_taken_first() -> None:
    world = World()
    world.make("a", "p1")
    world.idle("p1")
    assert warm(world.ask("a", "p2"), "p1")
    assert world.allocator.count("small") == 1
    world.make("a", "p2")


def test_the_runner_that_came_free_last_is_taken_first() -> None:
    world = World()
    for name in ("p1", "p2", "p3"):
        world.make("a", name)
    for name in ("p2", "p3", "p1"):
        world.now += 1
        world.idle(name)
    for name in ("p1", "p3", "p2"):
        assert warm(world.ask("a", "new"), name)


def test_a_runner_about_to_exit_is_given_nothing() -> None:
    world = World()
    world.make("a", "p1")
    world.idle("p1")
    world.now = 7.9
    assert warm(world.ask("a", "p2"), "p1")
    world.idle("p1")
    world.now = 7.9 + 8
    world.make("a", "p2")


@pytest.mark.parametrize("seconds", [0, 1, 2])
def test_a_runner_that_hardly_waits_is_never_reused(seconds: int) -> None:
    world = World()
    world.ask("a", "p1")
    world.see(record("p1", "a", reuse_seconds=seconds))
    world.idle("p1")
    world.make("a", "p2")


DIFFERENT = {
    "another job": {"job": "b"},
    "another size": {"size": "large"},
    "another release": {"release": "other"},
    "another account": {"account": "other"},
    "another isolation": {"isolation": "Sidecar"},
    "a job that shares": {"reuse": "AcrossJobs"},
    "a job that reuses nothing": {"reuse": "Never"},
}


@pytest.mark.parametrize("more", DIFFERENT.values(), ids=DIFFERENT)
def test_what_a_runner_must_have_in_common_with_a_task(more: Object) -> None:
    world = World()
    world.make("a", "p1")
    world.idle("p1")
    rest = dict(more)
    world.make(rest.pop("job", "a"), "p2", **rest)


def test_runners_are_shared_by_jobs_that_both_opted_in() -> None:
    world = World()
    world.make("a", "p1", reuse="AcrossJobs")
    world.idle("p1")
    world.make("b", "p2")
    assert warm(world.ask("c", "p3", reuse="AcrossJobs"), "p1")


def test_a_runner_that_is_never_reused_is_not_idle() -> None:
    world = World()
    world.make("a", "p1", reuse="Never")
    world.idle("p1")
    world.make("a", "p2", reuse="Never")


def test_a_runner_that_ended_or_ends_is_not_given() -> None:
    for gone in (
        pod("Succeeded", terminated(0), name="p1"),
        pod("Running", RUNNING, name="p1", deletion=30),
        pod("Running", RUNNING, name="p1", gone=True),
    ):
        world = World()
        world.make("a", "p1")
        world.idle("p1")
        world.see(gone)
        world.make("a", "p2")


def test_a_runner_that_is_still_starting_is_not_warm() -> None:
    world = World(group_object())
    world.allocator.made(parse_pod(raw_record("g0", group="mine", phase="Pending")), 0)
    found = world.ask("a", "p1", group="mine")
    assert isinstance(found, Grant)
    assert (found.pod_name, found.warm) == ("g0", False)


# --- bounds ------------------------------------------------------------------------


def test_a_size_has_as_many_runners_as_it_may() -> None:
    world = World(maxRunners=2)
    world.make("a", "p1")
    world.make("b", "p2")
    found = world.ask("a", "p3")
    assert isinstance(found, Refusal)
    assert found.ordinary
    assert "All 2 runners of machine size small" in found.message
    world.make("a", "p4", size="large")


def test_who_waits_is_woken_when_a_runner_ends() -> None:
    world = World(maxRunners=1)
    world.make("a", "p1")
    world.waits("b", "p2")
    assert world.woken == []
    world.end("p1")
    assert world.woken == ["b"]
    world.make("b", "p2")


def test_a_size_with_a_bound_of_nothing_takes_nothing() -> None:
    world = World(maxRunners=0)
    world.waits("a", "p1")


def test_a_bound_that_is_raised_wakes_who_waits() -> None:
    world = World(maxRunners=0)
    world.waits("a", "p1")
    world.sizes.observe(added(size_object("small", maxRunners=1)))
    world.allocator.bounds_changed(world.now)
    assert world.woken == ["a"]
    world.make("a", "p1")


def test_a_bound_that_is_lowered_ends_nobody() -> None:
    world = World(maxRunners=2)
    world.make("a", "p1")
    world.make("a", "p2")
    world.sizes.observe(added(size_object("small", maxRunners=1)))
    world.allocator.bounds_changed(world.now)
    world.end("p1")
    world.waits("a", "p3")
    world.end("p2")
    world.make("a", "p3")


def test_a_pod_that_is_not_made_leaves_its_room() -> None:
    world = World(maxRunners=1)
    world.ask("a", "p1")
    world.waits("b", "p2")
    world.allocator.give_up("here", "p1", world.now)
    assert world.woken == ["b"]
    world.make("b", "p2")


def test_the_pod_of_a_lost_node_counts_no_more_even_if_it_is_seen_again() -> None:
    world = World(maxRunners=1)
    world.make("a", "p1")
    lost = record("p1", "a")
    world.allocator.give_up("here", "p1", world.now, uid=lost.uid)
    world.see(lost)
    world.make("a", "p2")
    world.end("p1")
    assert world.allocator.count("small") == 1


def test_an_idle_runner_that_nobody_may_take_makes_room() -> None:
    world = World(maxRunners=1)
    world.make("a", "p1")
    world.idle("p1")
    world.waits("b", "p2")
    assert world.allocator.take_ends() == [("here", "p1")]
    assert world.allocator.take_ends() == []
    world.waits("b", "p2")
    assert world.allocator.take_ends() == []
    world.end("p1")
    assert world.woken == ["b"]
    world.make("b", "p2")


def test_only_as_many_are_ended_as_wait() -> None:
    world = World(maxRunners=3)
    for name in ("p1", "p2", "p3"):
        world.make("a", name)
    for name in ("p1", "p2", "p3"):
        world.now += 1
        world.idle(name)
    world.waits("b", "q")
    world.waits("b", "q")
    world.waits("c", "r")
    world.waits("c", "r")
    assert world.allocator.take_ends() == [("here", "p1"), ("here", "p2")]


# --- whose turn it is ------------------------------------------------------------------


def test_the_job_with_the_fewest_runners_is_first() -> None:
    world = World(maxRunners=4)
    for number in range(4):
        world.make("a", f"a{number}")
    world.waits("a", "a4")
    world.waits("b", "b0")
    world.end("a0")
    assert world.woken == ["b"]
    world.waits("a", "a4")
    world.make("b", "b0")


def test_a_job_gives_up_even_its_own_runner_to_one_that_has_fewer() -> None:
    world = World(maxRunners=2)
    world.make("a", "a1")
    world.make("a", "a2")
    world.waits("b", "b1")
    world.idle("a1")
    assert world.woken == ["b"]
    world.waits("a", "a3")
    assert world.allocator.take_ends() == [("here", "a1")]
    world.end("a1")
    world.make("b", "b1")
    # Now both have one, and each keeps its own.
    world.waits("b", "b2")
    world.idle("a2")
    assert warm(world.ask("a", "a3"), "a2")
    assert world.allocator.take_ends() == []


def test_a_job_alone_keeps_its_runners() -> None:
    world = World(maxRunners=1)
    world.make("a", "a1")
    world.waits("a", "a2")
    world.idle("a1")
    assert warm(world.ask("a", "a2"), "a1")


def test_priority_comes_before_fairness() -> None:
    world = World(maxRunners=2)
    world.make("a", "a1", priority=5)
    world.make("a", "a2", priority=5)
    world.waits("b", "b1", priority=0)
    world.waits("a", "a3", priority=5)
    world.end("a1")
    assert world.woken == ["a"]
    world.waits("b", "b1", priority=0)
    world.make("a", "a3", priority=5)


def test_among_equals_the_one_that_waits_longest_is_first() -> None:
    world = World(maxRunners=1)
    world.make("a", "a1")
    for job in ("c", "b", "d"):
        world.now += 1
        world.waits(job, f"{job}1")
    world.end("a1")
    assert world.woken == ["c"]
    world.waits("b", "b1")
    world.make("c", "c1")


def test_when_two_come_free_two_get_a_chance() -> None:
    world = World(maxRunners=2)
    world.make("a", "a1")
    world.make("a", "a2")
    world.waits("b", "b1")
    world.waits("c", "c1")
    world.end("a1")
    world.end("a2")
    world.make("b", "b1")
    assert world.woken[-1] == "c"
    # The first may not take the second place too.
    world.waits("b", "b2")
    world.make("c", "c1")


def test_a_job_that_does_not_answer_holds_up_nobody_for_long() -> None:
    world = World(maxRunners=1)
    world.make("a", "a1")
    world.waits("b", "b1")
    world.now += 1
    world.waits("c", "c1")
    world.end("a1")
    assert world.woken == ["b"]
    world.now += LAPSE_SECONDS - 1
    world.waits("c", "c1")
    world.now += 2
    world.allocator.tick(world.now)
    assert world.woken[-1] == "c"
    world.make("c", "c1")


def test_a_job_that_is_over_waits_no_more() -> None:
    world = World(maxRunners=1)
    world.make("a", "a1")
    world.waits("b", "b1")
    world.waits("c", "c1")
    assert world.allocator.waiting("small") == 2
    world.allocator.forget_job("b", 0)
    assert world.allocator.waiting("small") == 1
    world.end("a1")
    assert world.woken == ["c"]
