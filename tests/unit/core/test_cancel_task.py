"""Cancelling one task, and asking one to stop."""

from __future__ import annotations

import pytest

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.node import TaskPolicy

from .recorder import Recorder, spec

OPTIONAL = TaskPolicy(optional=True)
STUBBORN = TaskPolicy(max_retries=3)


def tree(root_policy: TaskPolicy) -> Recorder:
    """Return a job in which ``root`` is COMPUTED, ``a`` and ``b`` run and the rest waits."""
    recorder = Recorder()
    recorder.add(spec("root", policy=root_policy), spec("after", "root"), spec("beside", "root"))
    recorder.start()
    recorder.finish("root", "SUCCEEDED", spec("a", policy=STUBBORN), spec("b"), spec("c", "a"))
    recorder.start()
    return recorder


def test_cancelling_a_queued_task_fails_the_job() -> None:
    recorder = tree(TaskPolicy())
    assert recorder.cancel_task("c") is True
    assert (recorder.state("c"), recorder.graph.node("c").reason) == ("CANCELLED", "TaskCancelled")
    assert (recorder.job, recorder.graph.reason) == ("RUNNING", "Failing")
    recorder.finish("a")
    recorder.finish("b")
    assert (recorder.job, recorder.graph.reason) == ("FAILED", "TaskCancelled")
    assert recorder.graph.first_failure == "c"


def test_a_running_task_is_cancelled_at_once_and_its_report_ignored() -> None:
    recorder = tree(OPTIONAL)
    recorder.cancel_task("a")
    assert recorder.state("a") == "CANCELLED"
    assert recorder.stops == [StopAttempt("a", 1, StopKind.CANCEL)]
    assert recorder.graph.abandoned == {("a", 1)}
    assert recorder.finish("a", "SUCCEEDED", spec("late")) is False
    assert "late" not in recorder.states()
    assert recorder.graph.abandoned == set()


def test_cancelling_an_optional_root_lets_its_dependents_run() -> None:
    recorder = tree(OPTIONAL)
    recorder.cancel_task("root")
    assert recorder.states() == {
        "root": "CANCELLED",
        "after": "QUEUED",
        "beside": "QUEUED",
        "a": "CANCELLED",
        "b": "CANCELLED",
        "c": "CANCELLED",
    }
    assert recorder.graph.node("c").reason == "ParentCancelled"
    assert [start.key for start in recorder.start()] == ["after", "beside"]
    recorder.finish("after")
    recorder.finish("beside")
    assert recorder.job == "COMPLETED"


def test_cancelling_under_an_optional_root_closes_the_root() -> None:
    recorder = tree(OPTIONAL)
    recorder.cancel_task("b")
    assert (recorder.state("b"), recorder.state("c")) == ("CANCELLED", "SKIPPED")
    recorder.finish("a", "ERROR")
    assert recorder.state("a") == "FAILED_OPTIONAL"
    assert recorder.state("root") == "COMPLETED"
    assert [start.key for start in recorder.start()] == ["after", "beside"]


def test_cancelling_a_computed_task_cancels_its_descendants() -> None:
    recorder = tree(TaskPolicy())
    recorder.cancel_task("root")
    assert set(recorder.states().values()) == {"CANCELLED"}
    assert recorder.job == "FAILED"


def test_completed_descendants_stay_completed() -> None:
    recorder = tree(OPTIONAL)
    recorder.finish("b")
    recorder.cancel_task("root")
    assert recorder.state("b") == "COMPLETED"


def test_a_cancelled_task_counts_as_done_for_a_parent_under_an_optional_root() -> None:
    recorder = Recorder()
    recorder.add(spec("top"))
    recorder.start()
    recorder.finish("top", "SUCCEEDED", spec("o", policy=OPTIONAL), spec("x"))
    recorder.cancel_task("o")
    recorder.start()
    recorder.finish("x")
    assert recorder.states() == {"top": "COMPLETED", "o": "CANCELLED", "x": "COMPLETED"}
    assert recorder.job == "COMPLETED"


@pytest.mark.parametrize("ask", ["cancel_task", "stop_task"])
def test_a_final_task_cannot_be_cancelled_or_stopped(ask: str) -> None:
    recorder = tree(OPTIONAL)
    recorder.finish("b")
    assert getattr(recorder, ask)("b") is False
    assert recorder.state("b") == "COMPLETED"


def test_an_unknown_task_cannot_be_cancelled() -> None:
    recorder = tree(OPTIONAL)
    with pytest.raises(KeyError):
        recorder.cancel_task("nobody")


def test_cancelling_frees_the_tasks_slot() -> None:
    recorder = Recorder()
    one = TaskPolicy(optional=True, max_parallel=1)
    recorder.add(spec("a", policy=one), spec("b", policy=one))
    assert len(recorder.start()) == 1
    recorder.cancel_task("a")
    assert [start.key for start in recorder.start()] == ["b"]


def test_stop_asks_and_keeps_what_the_task_returns() -> None:
    recorder = tree(TaskPolicy())
    assert recorder.stop_task("a") is True
    assert recorder.stops == [StopAttempt("a", 1, StopKind.STOP)]
    assert recorder.state("a") == "RUNNING"
    recorder.finish("a")
    assert recorder.state("a") == "COMPLETED"
    assert [start.key for start in recorder.start()] == ["c"]


def test_a_stopped_task_that_raises_is_not_tried_again() -> None:
    recorder = tree(TaskPolicy())
    recorder.stop_task("a")
    recorder.finish("a", "ERROR")
    assert recorder.state("a") == "FAILED"


@pytest.mark.parametrize("kind", ["LOST", "RELEASED", "DISRUPTED"])
def test_a_stopped_task_that_would_begin_again_is_cancelled(kind: str) -> None:
    recorder = tree(OPTIONAL)
    recorder.stop_task("a")
    recorder.finish("a", kind)
    assert recorder.state("a") == "CANCELLED"
    assert recorder.state("c") == "SKIPPED"


def test_before_its_start_a_stopped_task_is_cancelled() -> None:
    recorder = tree(OPTIONAL)
    recorder.stop_task("c")
    assert recorder.state("c") == "CANCELLED"


def test_stopping_a_computed_task_stops_what_is_open_under_it() -> None:
    recorder = tree(OPTIONAL)
    recorder.stop_task("root")
    assert recorder.state("c") == "CANCELLED"
    assert recorder.stops == [
        StopAttempt("a", 1, StopKind.STOP),
        StopAttempt("b", 1, StopKind.STOP),
    ]
    recorder.finish("a")
    recorder.finish("b")
    assert recorder.state("root") == "COMPLETED"


def test_cancelling_a_stopped_task_cancels_it() -> None:
    recorder = tree(OPTIONAL)
    recorder.stop_task("a")
    recorder.cancel_task("a")
    assert recorder.state("a") == "CANCELLED"


def test_cancelling_in_a_failing_job_cancels_at_once() -> None:
    recorder = tree(TaskPolicy())
    recorder.finish("b", "ERROR")
    recorder.cancel_task("a")
    assert recorder.state("a") == "CANCELLED"
    assert recorder.job == "FAILED"
    assert recorder.graph.first_failure == "b"
