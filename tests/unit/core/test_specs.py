"""Submissions that are refused before anything changes, and limits of a job's growth."""

from __future__ import annotations

import pytest

from fairlead.core.graph import JobGraph
from fairlead.core.node import NodeSpec
from fairlead.errors import (
    DependencyError,
    DuplicateTaskError,
    InvalidRequestError,
    LimitExceededError,
)

from .recorder import Limits, Recorder, snapshot, spec

BAD = {
    "unknown": ([spec("a", "nobody")], DependencyError, "'a' depends on 'nobody'"),
    "itself": ([spec("a", "a")], DependencyError, "'a' -> 'a'"),
    "circle": (
        [spec("start"), spec("a", "c", "start"), spec("b", "a"), spec("c", "b"), spec("d", "c")],
        DependencyError,
        "circle: 'a' -> 'c' -> 'b' -> 'a'",
    ),
    "twice": ([spec("a"), spec("a")], DuplicateTaskError, "'a' is there already"),
    "taken": ([spec("running")], DuplicateTaskError, "'running' is there already"),
}


@pytest.mark.parametrize(("specs", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_subtasks_change_nothing(
    specs: list[NodeSpec], error: type[Exception], message: str
) -> None:
    recorder = Recorder()
    recorder.add(spec("running"))
    recorder.start()
    before = snapshot(recorder.graph)
    with pytest.raises(error, match=message):
        recorder.finish("running", "SUCCEEDED", *specs)
    assert snapshot(recorder.graph) == before
    assert recorder.graph.take_effects() == []
    assert recorder.finish("running", "NON_RETRYABLE")


@pytest.mark.parametrize(("specs", "error", "message"), BAD.values(), ids=BAD.keys())
def test_bad_top_level_tasks_change_nothing(
    specs: list[NodeSpec], error: type[Exception], message: str
) -> None:
    graph = JobGraph(closed=False)
    graph.tasks_added([spec("running")], 0.0)
    before = snapshot(graph)
    with pytest.raises(error, match=message):
        graph.tasks_added(specs, 0.0)
    assert snapshot(graph) == before


def test_a_long_circle_is_told_in_short() -> None:
    specs = [spec(number, (number + 1) % 10_000) for number in range(10_000)]
    with pytest.raises(DependencyError, match=r"0 -> 1 -> 2 -> 3 -> 4 -> \(9995 more\) -> 0;"):
        JobGraph().tasks_added(specs, 0.0)


def test_subtasks_cannot_depend_on_tasks_that_were_there_before() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"))
    recorder.start()
    with pytest.raises(DependencyError, match="depend on tasks of the same submission only"):
        recorder.finish("a", "SUCCEEDED", spec("child", "b"))


def test_tasks_added_to_an_open_job_cannot_depend_on_subtasks() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a"))
    recorder.start()
    recorder.finish("a", "SUCCEEDED", spec("child"))
    with pytest.raises(DependencyError, match="'b' depends on 'child'"):
        recorder.add(spec("b", "child"))


def test_nothing_can_be_added_to_a_closed_job() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    with pytest.raises(InvalidRequestError, match="the job is closed"):
        recorder.add(spec("b"))


def test_a_recursion_without_end_fails_for_its_depth() -> None:
    recorder = Recorder(limits=Limits(max_depth=20))
    recorder.add(spec(0))
    for depth in range(21):
        recorder.start()
        recorder.finish(depth, "SUCCEEDED", spec(depth + 1))
    assert recorder.state(20) == "FAILED"
    assert 21 not in recorder.states()
    reason = recorder.graph.node(20).reason
    assert reason is not None
    assert reason.startswith("LimitExceeded: its subtasks would be at depth 21")
    assert recorder.job == "FAILED"


def test_a_job_that_grows_without_end_fails_for_its_size() -> None:
    recorder = Recorder(limits=Limits(max_tasks=4))
    recorder.add(spec("a"), spec("b"))
    recorder.start()
    recorder.finish("a", "SUCCEEDED", spec("a1"), spec("a2"))
    recorder.finish("b", "SUCCEEDED", spec("b1"))
    assert recorder.state("b") == "FAILED"
    reason = recorder.graph.node("b").reason
    assert reason is not None
    assert reason.startswith("LimitExceeded: with 1 more the job would have 5 tasks")


def test_too_many_top_level_tasks_are_refused() -> None:
    graph = JobGraph(max_tasks=2)
    with pytest.raises(LimitExceededError, match="would have 3 tasks, and it may have 2"):
        graph.tasks_added([spec("a"), spec("b"), spec("c")], 0.0)
    assert graph.nodes == {}


def test_an_unknown_kind_of_outcome_changes_nothing() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.start()
    with pytest.raises(ValueError, match="'EXPLODED' is not a way"):
        recorder.finish("a", "EXPLODED")
    assert recorder.state("a") == "RUNNING"
