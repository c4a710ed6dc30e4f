"""How namespaces share what is scarce."""

from __future__ import annotations

from itertools import combinations
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.operator.runners.allocation import World, warm
from tests.unit.operator.runners.given import added, size_object
from tests.unit.operator.runners.market import Market

from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.tenants import Tenants
from fairlead_operator.runners.waiting import LAPSE_SECONDS, TURN_SECONDS

# --- limits ---------------------------------------------------------------------------


def test_a_namespace_has_as_many_runners_as_it_may_of_all_sizes_together() -> None:
    world = World(tenants=Tenants(limits={"here": 2}))
    world.make("a", "a1")
    world.make("b", "b1", size="large")
    found = world.ask("c", "c1")
    assert isinstance(found, Refusal)
    assert found.reason == "NamespaceLimit"
    assert found.remedy is Remedy.MENDING
    for words in ("All 2 runners", "namespace here", "jobs.maxRunnersPerNamespace"):
        assert words in found.message
    assert "FAIRLEAD_OPERATOR_NAMESPACE_RUNNERS" in found.message
    world.make("a", "a1", namespace="elsewhere")


def test_who_waits_for_its_namespace_gets_a_chance_when_a_runner_ends() -> None:
    world = World(tenants=Tenants(limit=1))
    world.make("a", "a1")
    assert isinstance(world.ask("b", "b1"), Refusal)
    world.end("a1")
    assert world.woken == ["b"]
    world.make("b", "b1")


def test_a_runner_is_used_again_within_the_limit() -> None:
    world = World(tenants=Tenants(limit=1))
    world.make("a", "a1")
    world.idle("a1")
    assert warm(world.ask("a", "a2"), "a1")


def test_a_namespace_at_its_limit_holds_no_room_of_a_size() -> None:
    world = World(tenants=Tenants(limits={"here": 1}), maxRunners=2)
    world.make("x", "x1", namespace="there")
    world.make("a", "a1", size="large")
    assert isinstance(world.ask("b", "b1"), Refusal)
    # Though it has fewer of this size, it may have none.
    world.make("x", "x2", namespace="there")
    world.idle("x1", "there")
    assert warm(world.ask("x", "x3", namespace="there"), "x1")


def test_one_that_waited_for_a_size_before_its_namespace_was_full_lets_others_pass() -> None:
    world = World(tenants=Tenants(limits={"here": 1}), maxRunners=1)
    world.make("x", "x1", namespace="there")
    world.waits("b", "b1")
    world.make("a", "a1", size="large")
    world.waits("y", "y1", namespace="there")
    world.end("x1", "there")
    assert world.woken == ["b"]
    found = world.ask("b", "b1")
    assert isinstance(found, Refusal)
    assert found.reason == "NamespaceLimit"
    assert world.woken == ["b", "y"]
    world.make("y", "y1", namespace="there")


def test_a_namespace_that_may_have_none_has_none() -> None:
    world = World(tenants=Tenants(limit=0, limits={"there": 1}))
    assert isinstance(world.ask("a", "a1"), Refusal)
    world.make("b", "b1", namespace="there")


# --- shares ---------------------------------------------------------------------------


def test_a_namespace_alone_has_everything() -> None:
    world = World(tenants=Tenants(shares={"there": 1000}), maxRunners=5)
    for number in range(5):
        world.make("a", f"a{number}")
    world.idle("a0")
    assert warm(world.ask("a", "a5"), "a0")


def test_priorities_are_no_matter_between_namespaces() -> None:
    world = World(maxRunners=2)
    world.make("a", "a1", priority=9)
    world.make("a", "a2", priority=9)
    world.waits("a", "a3", priority=9)
    world.waits("b", "b1", namespace="there")
    world.end("a1")
    assert world.woken == ["b"]


def test_one_task_of_a_small_tenant_comes_before_ten_thousand_jobs() -> None:
    world = World(maxRunners=3)
    for number in range(3):
        world.make(f"j{number}", f"p{number}")
    for number in range(3, 10_000):
        world.waits(f"j{number}", f"p{number}")
    world.waits("one", "one", namespace="there")
    world.end("p0")
    assert world.woken == ["one"]
    world.make("one", "one", namespace="there")


SHARES = st.lists(st.integers(1, 10), min_size=2, max_size=5)
LONG = 10_000


def test_what_comes_free_at_once_is_offered_to_several() -> None:
    world = World(maxRunners=0)
    for job, namespace in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        world.now += 0.1
        world.waits(job, job, namespace=namespace)
    world.sizes.observe(added(size_object("small", maxRunners=2)))
    world.allocator.bounds_changed(world.now)
    assert world.woken == ["a1", "b1"]


def test_much_room_at_once_is_not_for_whoever_asks_first() -> None:
    market = Market(Tenants(), bound=0)
    for name in ("a", "b", "c"):
        market.job(name, LONG)
    market.bind(9)
    assert [market.had(name) for name in ("a", "b", "c")] == [3, 3, 3]


def test_more_namespaces_than_runners_take_turns() -> None:
    market = Market(Tenants(), bound=1)
    jobs = [market.job(name, LONG) for name in ("one", "two", "three")]
    for _ in range(300):
        market.pass_time(1.0)
        market.finish_all()
    had = [job.done for job in jobs]
    assert sum(had) >= 250
    assert max(had) - min(had) <= 2 * TURN_SECONDS


@settings(deadline=None)
@given(shares=SHARES, bound=st.integers(0, 40), data=st.data())
def test_runners_are_shared_by_weight(shares: list[int], bound: int, data: st.DataObject) -> None:
    """None is left over, none has none while another has two, and each pair shares fairly."""
    tenants = Tenants(shares={f"n{number}": share for number, share in enumerate(shares)})
    market = Market(tenants, bound=0)
    for number in data.draw(st.permutations(range(len(shares)))):
        market.job(f"n{number}", LONG)
    market.bind(bound)
    # What was offered while there was more room may be one too many; it is given up again.
    market.finish_all()
    _check_shared(market, shares)


def _check_shared(market: Market, shares: list[int]) -> None:
    counts = [market.had(f"n{number}") for number in range(len(shares))]
    assert sum(counts) == market.bound
    assert max(counts) <= 1 or min(counts) >= 1
    for one, two in combinations(range(len(shares)), 2):
        both = counts[one] + counts[two]
        due = both * shares[one] / (shares[one] + shares[two])
        assert abs(counts[one] - due) <= 1
        assert abs(counts[one] - due) <= 0.5 + 1e-9 or min(counts[one], counts[two]) <= 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "finish", "finish", "finish one", "exit", "time", "bound"]),
        st.integers(0, 3),
        st.integers(1, 30),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(shares=SHARES, limits=st.lists(st.integers(0, 6), max_size=3), steps=STEPS)
def test_whatever_happens(shares: list[int], limits: list[int], steps: list[Any]) -> None:
    """Limits hold at every step, nothing is left over, and in the end everything has run."""
    tenants = Tenants(
        limits={f"n{number}": limit for number, limit in enumerate(limits)},
        shares={f"n{number}": share for number, share in enumerate(shares)},
    )
    market = Market(tenants, bound=4)
    for what, number, amount in steps:
        if what == "come":
            market.job(f"n{number}", amount, priority=amount % 3)
        elif what == "finish":
            market.finish_all()
        elif what == "finish one":
            market.finish(number)
        elif what == "exit":
            market.exit(number)
        elif what == "time":
            market.pass_time(float(amount))
        else:
            market.bind(amount % 6)
        market.check_limits()
        market.check_nothing_left_over()
    market.bind(2)
    for _ in range(60 + sum(step[2] for step in steps)):
        market.pass_time(LAPSE_SECONDS + 1)
        market.finish_all()
    left = {job.namespace for job in market.jobs.values() if job.queued}
    assert left <= {name for name, limit in tenants.limits.items() if not limit}


@settings(deadline=None)
@given(shares=SHARES, bound=st.integers(1, 12), seed=st.randoms(use_true_random=False))
def test_shares_are_reached_whatever_was_before(
    shares: list[int], bound: int, seed: Random
) -> None:
    """One tenant has everything; the others come; when its tasks have ended, all is shared."""
    tenants = Tenants(shares={f"n{number}": share for number, share in enumerate(shares)})
    market = Market(tenants, bound)
    names = [f"n{number}" for number in range(len(shares))]
    market.job("n0", LONG)
    assert market.had("n0") == bound
    seed.shuffle(names)
    for name in names:
        market.job(name, LONG)
    for _ in range(3):
        market.pass_time(0.1)
        for _ in range(bound):
            market.finish(seed.randrange(bound))
        market.finish_all()
    _check_shared(market, shares)


@settings(deadline=None)
@given(
    jobs=st.lists(
        st.tuples(st.sampled_from(["n0", "n1", "n2"]), st.integers(0, 2)), min_size=1, max_size=12
    ),
    ends=st.lists(st.integers(0, 50), max_size=30),
)
def test_an_operator_that_starts_again_gives_the_same(
    jobs: list[tuple[str, int]], ends: list[int]
) -> None:
    """What is made anew from pods and jobs grants as what was lost would have done."""
    tenants = Tenants(shares={"n1": 2})
    market = Market(tenants, bound=4)
    for namespace, priority in jobs:
        market.pass_time(0.1)
        market.job(namespace, 20, priority)
    market.settle()
    again = market.restarted()
    for end in ends:
        assert market.exit(end) == again.exit(end)
        assert market.granted[-1:] == again.granted[-1:]


@given(
    priorities=st.lists(st.integers(-3, 3), min_size=2, max_size=8),
    bound=st.integers(1, 3),
)
def test_in_a_namespace_the_higher_priority_starts_first(priorities: list[int], bound: int) -> None:
    market = Market(Tenants(), bound)
    for number in range(bound):
        market.job("n0", 1, priority=9, name=f"first{number}")
    for number, priority in enumerate(priorities):
        market.pass_time(0.1)
        market.job("n0", 1, priority, name=f"job{number}")
    market.granted.clear()
    while market.exit(0):
        pass
    started = [market.jobs[name].priority for name in market.granted]
    assert started == sorted(priorities, reverse=True)
