"""Which ready task starts first, and how many at once."""

from __future__ import annotations

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.graph import JobGraph
from fairlead.core.node import Key, Node, TaskPolicy

from .recorder import Recorder, spec


def started(recorder: Recorder, limit: int, *refused: str) -> list[Key]:
    return [start.key for start in recorder.start(limit, lambda group: group not in refused)]


def test_the_first_known_starts_first_over_all_groups() -> None:
    recorder = Recorder()
    recorder.add(*[spec(number, group=f"g{number % 3}") for number in range(9)])
    assert started(recorder, 4) == [0, 1, 2, 3]
    assert started(recorder, 99) == [4, 5, 6, 7, 8]


def test_a_group_without_a_runner_does_not_hold_up_the_others() -> None:
    recorder = Recorder()
    recorder.add(*[spec(number, group=f"g{number % 2}") for number in range(6)])
    assert started(recorder, 99, "g0") == [1, 3, 5]
    assert list(recorder.graph.ready_groups()) == ["g0"]
    assert recorder.graph.ready_count == 3
    assert started(recorder, 99) == [0, 2, 4]
    assert list(recorder.graph.ready_groups()) == []


def test_a_group_is_asked_for_once_in_a_call() -> None:
    asked: list[Hashable] = []

    def accepts(group: Hashable) -> bool:
        asked.append(group)
        return group != "g1"

    recorder = Recorder()
    recorder.add(*[spec(number, group=f"g{number % 3}") for number in range(300)])
    recorder.start(1000, accepts)
    assert sorted(map(str, asked)) == ["g0", "g1", "g2"]


def test_a_task_that_comes_back_keeps_its_place() -> None:
    recorder = Recorder()
    recorder.add(*[spec(number) for number in range(4)])
    started(recorder, 2)
    recorder.finish(1, "RELEASED")
    recorder.finish(0, "RELEASED")
    assert started(recorder, 99) == [0, 1, 2, 3]


def test_a_task_that_comes_back_keeps_its_place_among_other_groups() -> None:
    recorder = Recorder()
    recorder.add(spec(0, group="g"), spec(1, group="other"), spec(2, group="g"))
    assert started(recorder, 1) == [0]
    recorder.finish(0, "RELEASED")
    assert started(recorder, 99) == [0, 1, 2]


def test_a_dependent_takes_its_place_by_age() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("late", "a"), spec("b"), spec("c"))
    started(recorder, 1)
    recorder.finish("a")
    assert started(recorder, 2) == ["late", "b"]


def test_max_parallel_counts_the_running_tasks_of_one_name() -> None:
    two = TaskPolicy(max_parallel=2)
    recorder = Recorder()
    recorder.add(*[spec(number, policy=two, limit_name="T") for number in range(5)], spec("other"))
    assert started(recorder, 99) == [0, 1, "other"]
    assert started(recorder, 99) == []
    recorder.finish(1)
    assert started(recorder, 99) == [2]
    recorder.finish(0)
    recorder.finish(2)
    assert started(recorder, 99) == [3, 4]


def test_groups_of_one_name_share_its_bound() -> None:
    one = TaskPolicy(max_parallel=1)
    recorder = Recorder()
    recorder.add(
        spec("a", policy=one, group="v1.0", limit_name="T"),
        spec("b", policy=one, group="v1.1", limit_name="T"),
        spec("c", policy=TaskPolicy(max_parallel=3), group="v1.1", limit_name="T"),
    )
    assert started(recorder, 99) == ["a", "c"]
    recorder.finish("c")
    assert started(recorder, 99) == []
    recorder.finish("a")
    assert started(recorder, 99) == ["b"]


def test_a_retry_gives_up_its_slot_while_it_waits() -> None:
    one = TaskPolicy(max_parallel=1, max_retries=1)
    recorder = Recorder()
    recorder.add(spec("a", policy=one), spec("b", policy=one))
    assert started(recorder, 9) == ["a"]
    recorder.finish("a", "ERROR")
    assert started(recorder, 9) == ["b"]
    recorder.wait(60.0)
    assert started(recorder, 9) == []
    recorder.finish("b")
    assert started(recorder, 9) == ["a"]


def test_tasks_that_are_cancelled_in_the_queue_do_not_start() -> None:
    optional = TaskPolicy(optional=True)
    recorder = Recorder()
    recorder.add(*[spec(number, policy=optional) for number in range(5)])
    recorder.cancel_task(0)
    recorder.cancel_task(3)
    assert recorder.graph.ready_count == 3
    assert started(recorder, 99) == [1, 2, 4]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4)), max_size=40),
)
def test_the_order_is_that_of_a_plain_list(
    tasks: list[tuple[int, int]], calls: list[tuple[int, int]]
) -> None:
    """Lanes and heaps choose what looking through all tasks in order would choose."""
    bounds = {0: None, 1: 1, 2: 3}
    specs = [
        spec(
            number,
            policy=TaskPolicy(max_parallel=bounds[name], optional=True),
            group=group,
            limit_name=f"n{name}",
        )
        for number, (group, name) in enumerate(tasks)
    ]
    graph = JobGraph()
    graph.tasks_added(specs, 0.0)
    queued, running = list(range(len(specs))), list[int]()
    for limit, refused in calls:
        expected: list[int] = []
        for number in list(queued):
            bound = specs[number].policy.max_parallel
            same = [r for r in running if specs[r].limit_name == specs[number].limit_name]
            if len(expected) == limit or specs[number].group == refused:
                continue
            if bound is None or len(same) < bound:
                expected.append(number)
                queued.remove(number)
                running.append(number)
        taken = {0, 1, 2, 3} - {refused}
        starts = graph.start_ready(0.0, limit, taken.__contains__)
        assert [start.key for start in starts] == expected
        if running:
            ended = running.pop(0)
            attempt = graph.node(ended).attempt
            graph.attempt_finished(ended, attempt, "RELEASED" if limit == 1 else "ERROR", 0.0)
            if limit == 1:
                queued = sorted([*queued, ended])


def test_a_task_that_is_granted_no_runner_stays_ready_and_holds_up_its_lane_only() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"), spec("c", group="other"))
    asked: list[Key] = []

    def grants(node: Node) -> bool:
        asked.append(node.key)
        return node.key == "c"

    starts = recorder.graph.start_ready(recorder.now, 9, grants=grants)
    assert [start.key for start in starts] == ["c"]
    assert asked == ["a", "c"]
    assert recorder.graph.ready_count == 2
    assert [start.key for start in recorder.graph.start_ready(recorder.now, 9)] == ["a", "b"]


@pytest.mark.parametrize("waiting", [True, False])
def test_a_task_can_move_to_other_runners(waiting: bool) -> None:
    recorder = Recorder()
    recorder.add(spec("a", group="small", policy=TaskPolicy(max_retries=1, backoff=0.0)))
    if not waiting:
        recorder.start()
    recorder.graph.regroup("a", "large")
    if not waiting:
        recorder.finish("a", "OUT_OF_MEMORY")
    assert recorder.start(accepts=lambda group: group == "small") == []
    assert [start.key for start in recorder.start(accepts=lambda group: group == "large")] == ["a"]
