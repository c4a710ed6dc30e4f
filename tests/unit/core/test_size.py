"""Jobs that are deep, long or wide: nothing recurses, nothing is looked through."""

from __future__ import annotations

from collections.abc import Hashable

import pytest

from fairlead.core.graph import JobGraph
from fairlead.core.node import Key, NodeSpec, TaskPolicy
from fairlead.core.states import JobState

from .recorder import Limits, Recorder, spec

DEEP = 12_000
LIMITS = Limits(max_depth=20_000, max_tasks=50_000)


def run_all(graph: JobGraph) -> None:
    while not graph.is_final:
        for key, attempt in graph.start_ready(0.0, 100):
            graph.attempt_finished(key, attempt, "SUCCEEDED", 0.0)


def test_a_chain_of_twelve_thousand() -> None:
    graph = JobGraph()
    graph.tasks_added([spec(n, *([n - 1] if n else [])) for n in range(DEEP)], 0.0)
    run_all(graph)
    assert graph.state is JobState.COMPLETED


def test_a_chain_given_backwards() -> None:
    graph = JobGraph()
    graph.tasks_added([spec(n, *([n + 1] if n < DEEP else [])) for n in range(DEEP + 1)], 0.0)
    run_all(graph)
    assert graph.state is JobState.COMPLETED


def deep_tree(policy: TaskPolicy) -> Recorder:
    """Return a job of nested tasks, all COMPUTED but the innermost, which runs."""
    recorder = Recorder(limits=LIMITS)
    recorder.add(spec(0, policy=policy))
    for depth in range(DEEP):
        recorder.start()
        recorder.finish(depth, "SUCCEEDED", spec(depth + 1))
    recorder.start()
    return recorder


def test_a_tree_twelve_thousand_deep_completes_at_once() -> None:
    recorder = deep_tree(TaskPolicy())
    recorder.finish(DEEP)
    assert recorder.job == "COMPLETED"


def test_a_deep_tree_can_be_cancelled_at_its_root() -> None:
    recorder = deep_tree(TaskPolicy(optional=True))
    recorder.cancel_task(0)
    assert set(recorder.states().values()) == {"CANCELLED"}
    assert recorder.job == "COMPLETED"


def test_a_deep_tree_can_be_rebuilt() -> None:
    recorder = deep_tree(TaskPolicy(optional=True))
    recorder.rebuild()
    recorder.finish(DEEP, "ERROR")
    assert recorder.state(DEEP) == "FAILED_OPTIONAL"
    assert recorder.job == "COMPLETED"


class Counted:
    """A key that counts how often it is looked up."""

    lookups = 0

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        Counted.lookups += 1
        return hash(self.number)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted) and self.number == other.number


@pytest.mark.parametrize("waiting", [10, 3000])
def test_an_event_looks_at_no_more_tasks_in_a_larger_job(waiting: int) -> None:
    keys: list[Key] = [Counted(number) for number in range(waiting)]
    specs = [NodeSpec(key, "g", (), TaskPolicy(), "t", "T") for key in keys]
    graph = JobGraph()
    graph.tasks_added(specs, 0.0)
    Counted.lookups = 0
    [start] = graph.start_ready(0.0, 1)
    graph.attempt_finished(start.key, start.attempt, "SUCCEEDED", 0.0)
    assert Counted.lookups == 1


def test_tasks_of_a_group_nobody_takes_are_not_looked_at() -> None:
    asked: list[Hashable] = []

    def accepts(group: Hashable) -> bool:
        asked.append(group)
        return group == "free"

    graph = JobGraph()
    blocked = [spec(("blocked", n), group=f"b{n % 3}") for n in range(3000)]
    graph.tasks_added([*blocked, *[spec(n, group="free") for n in range(50)]], 0.0)
    for _ in range(50):
        assert len(graph.start_ready(0.0, 1, accepts)) == 1
    assert len(asked) == 50 * 4
