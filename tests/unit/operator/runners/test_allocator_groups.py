"""Runners of groups, runners found after a restart, and whatever may happen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operator.runners.allocation import World, group_object, record, warm
from tests.unit.operator.runners.given import added, size_object

from fairlead_operator.runners.lanes import Use
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.request import Grant
from fairlead_operator.runners.waiting import LAPSE_SECONDS

# --- groups -----------------------------------------------------------------------------------


def test_a_group_bounds_its_runners_and_shares_them() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    world.make("b", "p2", group="mine")
    found = world.ask("c", "p3", group="mine")
    assert isinstance(found, Refusal)
    assert "machine group mine" in found.message
    world.make("c", "p3")
    world.idle("p1")
    assert world.woken == ["c"]
    assert warm(world.ask("c", "p4", group="mine"), "p1")


def test_runners_of_a_group_count_against_their_size_too() -> None:
    world = World(group_object(), maxRunners=1)
    world.make("a", "p1", group="mine")
    found = world.ask("b", "p2", group="mine")
    assert isinstance(found, Refusal)
    assert "machine size small" in found.message


def test_a_runner_of_a_group_waits_for_ever() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    world.idle("p1")
    world.now = 10**8
    assert warm(world.ask("b", "p2", group="mine"), "p1")


@pytest.mark.parametrize(
    ("there", "wanted"),
    [({"release": "old"}, {"release": "new"}), ({}, {"isolation": "Sidecar"})],
    ids=["another release", "another isolation"],
)
def test_in_a_full_group_an_idle_runner_of_another_kind_makes_room(
    there: dict[str, str], wanted: dict[str, str]
) -> None:
    world = World(group_object(maxMachines=1))
    world.make("a", "p1", group="mine", **there)
    world.idle("p1")
    world.waits("b", "p2", group="mine", **wanted)
    assert world.allocator.take_ends() == [("here", "p1")]
    world.end("p1")
    world.make("b", "p2", group="mine", **wanted)


def test_the_group_says_the_size() -> None:
    world = World(group_object(size="large"))
    found = world.ask("a", "p1", group="mine", size="small")
    assert isinstance(found, Grant)
    assert found.size.name == "large"


def test_a_terminated_group_takes_nothing_ever() -> None:
    world = World(group_object(desired="Terminated"))
    found = world.ask("a", "p1", group="mine")
    assert isinstance(found, Refusal)
    assert found.final
    assert found.reason == "GroupTerminated"


def test_a_group_that_is_not_there_may_come() -> None:
    world = World()
    found = world.ask("a", "p1", group="mine")
    assert isinstance(found, Refusal)
    assert (found.reason, found.final) == ("UnknownMachineGroup", False)
    world.groups.observe(added(group_object()))
    world.make("a", "p1", group="mine")


def test_an_unknown_size_is_no_matter_of_waiting() -> None:
    found = World().ask("a", "p1", size="huge")
    assert isinstance(found, Refusal)
    assert (found.reason, found.ordinary) == ("UnknownMachineSize", False)


def test_a_runner_is_ended_only_while_it_does_nothing() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    assert not world.allocator.end("here", "p1", 0)
    world.idle("p1")
    assert world.allocator.end("here", "p1", 0)
    assert not world.allocator.end("here", "absent", 0)
    world.make("a", "p2", group="mine")


# --- after a restart -----------------------------------------------------------------------------


def test_runners_are_found_again() -> None:
    world = World(group_object(), maxRunners=3)
    world.see(record("busy", "a"))
    world.see(record("kept", "a"))
    world.see(record("grouped", group="mine"))
    world.allocator.held("here", "busy", "a", 0)
    world.allocator.idle("here", "kept", 0, 0)
    world.allocator.synced(0)
    assert warm(world.ask("a", "a1"), "kept")
    assert warm(world.ask("a", "a2", group="mine"), "grouped")
    world.waits("b", "b1")


def test_a_runner_of_a_group_whose_making_seemed_to_fail_is_given_tasks_all_the_same() -> None:
    world = World(group_object())
    world.allocator.synced(0)
    world.see(record("kept", group="mine"))
    assert warm(world.ask("a", "a1", group="mine"), "kept")


def test_what_a_model_forgot_in_a_group_is_idle_again() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    world.allocator.reconcile("a", [], 0)
    assert warm(world.ask("b", "b1", group="mine"), "p1")


def test_a_runner_that_no_task_names_counts_but_is_not_given() -> None:
    world = World(maxRunners=1)
    world.see(record("stray", "a"))
    world.allocator.synced(0)
    world.waits("a", "a1")
    assert world.allocator.take_ends() == []
    world.end("stray")
    world.make("a", "a1")


def test_what_a_model_had_asked_for_and_forgot_is_taken_back() -> None:
    world = World(maxRunners=3)
    world.make("a", "seen")
    world.ask("a", "unseen")
    world.make("a", "named")
    world.waits("b", "b1")
    world.allocator.reconcile("a", [("here", "named")], 0)
    assert world.allocator.count("small") == 2
    assert world.woken == ["b"]
    world.make("b", "b1")
    world.allocator.reconcile("a", [("here", "named")], 0)
    world.allocator.reconcile("nobody", [], 0)


def test_whoever_looks_after_groups_is_told_of_every_change() -> None:
    told: list[tuple[str, str]] = []
    world = World(group_object())
    world.allocator.tell_of_groups(lambda *key: told.append(key))
    for step in (
        lambda: world.make("a", "p1", group="mine"),
        lambda: world.idle("p1"),
        lambda: world.ask("b", "p2", group="mine"),
        lambda: world.idle("p1"),
        lambda: world.allocator.end("here", "p1", 0),
        lambda: world.end("p1"),
    ):
        told.clear()
        step()
        assert ("here", "mine") in told
    told.clear()
    world.make("a", "p3")
    world.idle("p3")
    assert told == []


def test_who_has_what_in_a_group() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    world.make("a", "p2", group="mine")
    world.idle("p2")
    uses = {one.key[1]: (one.use, one.job) for one in world.allocator.runners_of("here", "mine")}
    assert uses == {"p1": (Use.ASSIGNED, "a"), "p2": (Use.IDLE, "")}
    assert world.allocator.runners_of("here", "other") == []


# --- whatever happens ----------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "idle", "end", "give up", "tick", "lose", "bound", "forget"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 11),
    ),
    max_size=60,
)


@settings(max_examples=100)
@given(steps=STEPS, bound=st.integers(0, 4))
def test_bounds_hold_and_nobody_is_forgotten(steps: list[Any], bound: int) -> None:
    """At every step no more runners than allowed; in the end everybody who asks gets one."""
    world = World(group_object(), maxRunners=bound)
    made: set[str] = set()
    for what, job, number in steps:
        world.now += 0.5
        name, more = f"{job}{number}", {"group": "mine"} if number % 3 == 0 else {}
        if what == "ask":
            before = world.allocator.count("small")
            found = world.ask(job, name, **more)
            if isinstance(found, Grant) and found.pod_name is None:
                assert world.allocator.count("small") <= max(bound, before)
                world.see(record(name, job, **more))
                made.add(name)
        elif what == "idle":
            world.idle(name)
        elif what == "end":
            world.end(name)
        elif what == "give up":
            world.allocator.give_up("here", name, world.now)
        elif what == "lose" and name in made:
            world.allocator.give_up("here", name, world.now, uid=f"uid-{name}")
        elif what == "tick":
            world.allocator.tick(world.now)
        elif what == "bound":
            bound = number % 5
            world.sizes.observe(added(size_object("small", maxRunners=bound)))
            world.allocator.bounds_changed(world.now)
        else:
            world.allocator.forget_job(job, world.now)
        assert len(world.allocator.runners_of("here", "mine")) <= 2
    _everybody_gets_one(world)


def _everybody_gets_one(world: World) -> None:
    world.sizes.observe(added(size_object("small", maxRunners=1)))
    world.allocator.bounds_changed(world.now)
    for job in ("a", "b", "c"):
        for number in range(12):
            world.end(f"{job}{number}")
    assert world.allocator.count("small") == 0
    waiting = {"a", "b", "c"}
    for _ in range(10):
        world.now += LAPSE_SECONDS + 1
        world.allocator.tick(world.now)
        for job in sorted(waiting):
            if isinstance(world.ask(job, f"last-{job}"), Grant):
                waiting.discard(job)
                world.end(f"last-{job}")
    assert waiting == set()


def test_a_runner_of_a_group_without_a_task_never_overstays() -> None:
    world = World(group_object())
    world.make("a", "p1", group="mine")
    assert not world.allocator.overstays("here", "p1", 1e6)
    world.idle("p1")
    assert not world.allocator.overstays("here", "p1", 1e6)


def test_a_runner_that_should_have_ended_overstays() -> None:
    world = World()
    world.make("a", "p1")
    assert not world.allocator.overstays("here", "p1", 1e6)
    world.idle("p1")
    assert not world.allocator.overstays("here", "p1", 5.0)
    assert world.allocator.overstays("here", "p1", 11.0)
    world.end("p1")
    assert not world.allocator.overstays("here", "p1", 11.0)
