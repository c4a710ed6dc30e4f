"""Graphs rebuilt from records, whole or cut off in the middle of an event's effects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.graph import JobGraph
from fairlead.core.node import TaskPolicy
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.states import JobState, TaskState
from fairlead.errors import DependencyError

from .recorder import Crash, Recorder, spec

OPTIONAL = TaskPolicy(optional=True)


def deep_tree(top: TaskPolicy) -> Recorder:
    """Return a job with three levels of COMPUTED tasks, one running leaf and queued ones."""
    recorder = Recorder()
    recorder.add(spec("top", policy=top), spec("after", "top"))
    recorder.start()
    recorder.finish("top", "SUCCEEDED", spec("mid"), spec("mid2", "mid"))
    recorder.start()
    recorder.finish("mid", "SUCCEEDED", spec("low"))
    recorder.start()
    recorder.finish("low", "SUCCEEDED", spec("x", policy=TaskPolicy(max_retries=1)), spec("y", "x"))
    recorder.start()
    return recorder


EVENTS: dict[str, Callable[[Recorder], object]] = {
    "cancel the top": lambda recorder: recorder.cancel_task("top"),
    "cancel in the middle": lambda recorder: recorder.cancel_task("mid"),
    "cancel the running leaf": lambda recorder: recorder.cancel_task("x"),
    "stop the top": lambda recorder: recorder.stop_task("top"),
    "cancel the job": lambda recorder: recorder.cancel(),
    "fail the job": lambda recorder: recorder.fail("CacheLost"),
    "suspend": lambda recorder: recorder.suspend(),
    "retry": lambda recorder: recorder.finish("x", "ERROR"),
    "fail the leaf": lambda recorder: recorder.finish("x", "NON_RETRYABLE"),
    "succeed with subtasks": lambda recorder: recorder.finish("x", "SUCCEEDED", spec("x1")),
    "succeed": lambda recorder: recorder.finish("x"),
}


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS.keys())
@pytest.mark.parametrize("top", [TaskPolicy(), OPTIONAL], ids=["plain", "optional"])
def test_a_crash_after_any_write_loses_nothing(
    top: TaskPolicy, event: Callable[[Recorder], object]
) -> None:
    good = deep_tree(top)
    event(good)
    for writes in range(100):
        crashed = deep_tree(top)
        crashed.die_after = writes
        try:
            event(crashed)
        except Crash:
            crashed.rebuild()
            event(crashed)
            assert crashed.records == good.records
        else:
            assert writes > 0
            return
    raise AssertionError("the event has no end of effects")


@pytest.mark.parametrize("event", list(EVENTS)[:4] + list(EVENTS)[8:9])
def test_what_is_left_undone_follows_from_the_first_write(event: str) -> None:
    """Also where nobody tells the event again."""
    good = deep_tree(OPTIONAL)
    EVENTS[event](good)
    crashed = deep_tree(OPTIONAL)
    crashed.die_after = 1
    if event == "stop the top":  # only asks; what was not asked was not asked
        return
    with pytest.raises(Crash):
        EVENTS[event](crashed)
    crashed.rebuild()
    assert crashed.records == good.records


def test_a_request_to_cancel_that_was_recorded_is_carried_out() -> None:
    observed = ObservedJob([ObservedTask(spec("a"))], cancelling=True)
    graph = JobGraph.rebuild(observed, 0.0)
    assert graph.state is JobState.CANCELLED
    assert graph.node("a").state is TaskState.CANCELLED


def test_requests_to_fail_and_to_suspend_are_carried_out_too() -> None:
    failing = JobGraph.rebuild(
        ObservedJob([ObservedTask(spec("a"))], failing=True, cause="CacheLost"), 0.0
    )
    assert (failing.state, failing.reason) == (JobState.FAILED, "CacheLost")
    suspended = JobGraph.rebuild(ObservedJob([ObservedTask(spec("a"))], suspended=True), 0.0)
    assert suspended.state is JobState.SUSPENDED
    assert suspended.start_ready(0.0, 1) == []


def test_running_attempts_of_an_ending_job_are_stopped_again() -> None:
    recorder = deep_tree(TaskPolicy())
    recorder.cancel()
    recorder.stops.clear()
    recorder.rebuild()
    assert recorder.stops == [StopAttempt("x", 1, StopKind.CANCEL)]
    recorder.finish("x", "LOST")
    assert recorder.job == "CANCELLED"


def test_an_attempt_that_was_asked_to_stop_is_asked_again() -> None:
    recorder = deep_tree(TaskPolicy())
    recorder.stop_task("x")
    recorder.stops.clear()
    recorder.rebuild()
    assert recorder.stops == [StopAttempt("x", 1, StopKind.STOP)]


def test_a_job_whose_end_was_not_written_ends() -> None:
    done = ObservedTask(spec("a"), state=TaskState.COMPLETED, attempt=1)
    graph = JobGraph.rebuild(ObservedJob([done], state=JobState.RUNNING), 0.0)
    assert graph.state is JobState.COMPLETED


def test_a_final_job_is_left_alone() -> None:
    tasks = [ObservedTask(spec("a"), state=TaskState.COMPUTED, attempt=1)]
    graph = JobGraph.rebuild(ObservedJob(tasks, state=JobState.CANCELLED, closed=False), 0.0)
    assert graph.take_effects() == []
    assert graph.is_final
    assert graph.cancelling


def test_a_start_that_was_written_makes_the_job_running() -> None:
    tasks = [ObservedTask(spec("a"), state=TaskState.RUNNING, attempt=1)]
    graph = JobGraph.rebuild(ObservedJob(tasks, state=JobState.QUEUED), 0.0)
    assert graph.state is JobState.RUNNING
    assert graph.attempt_finished("a", 1, "LOST", 0.0)
    assert [start.attempt for start in graph.start_ready(0.0, 1)] == [2]


def test_an_open_job_stays_open() -> None:
    graph = JobGraph.rebuild(ObservedJob([], state=JobState.RUNNING, closed=False), 0.0)
    assert not graph.is_final
    graph.close(0.0)
    assert graph.state is JobState.COMPLETED


def test_slots_of_running_tasks_stay_taken() -> None:
    one = TaskPolicy(max_parallel=1)
    tasks = [
        ObservedTask(spec("a", policy=one), state=TaskState.RUNNING, attempt=1),
        ObservedTask(spec("b", policy=one)),
    ]
    graph = JobGraph.rebuild(ObservedJob(tasks, state=JobState.RUNNING), 0.0)
    assert graph.start_ready(0.0, 9) == []
    graph.attempt_finished("a", 1, "SUCCEEDED", 0.0)
    assert [start.key for start in graph.start_ready(0.0, 9)] == ["b"]


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([ObservedTask(spec("a"), parent="b")], "'a' was recorded before its parent 'b'"),
        ([ObservedTask(spec("a", "b"))], "'a' depends on 'b', which is not recorded"),
    ],
)
def test_records_that_do_not_fit_together_are_refused(
    tasks: list[ObservedTask], message: str
) -> None:
    with pytest.raises(DependencyError, match=message):
        JobGraph.rebuild(ObservedJob(tasks), 0.0)
