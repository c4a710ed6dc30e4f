"""The rules of the law, each with the smallest job that shows it."""

from __future__ import annotations

import pytest

from fairlead.core.effects import JobChanged, Start, StopAttempt, StopKind, TaskChanged
from fairlead.core.graph import JobGraph
from fairlead.core.node import TaskPolicy
from fairlead.core.states import JobState, TaskState

from .recorder import Recorder, spec
from .scenario import Plan, Scenario, run, task

OPTIONAL = TaskPolicy(optional=True)


def states(recorder: Recorder) -> str:
    """Return ``name=STATE`` of every task in order of submission."""
    return " ".join(f"{key}={state}" for key, state in recorder.states().items())


# --- rule 1: success, and waiting for subtasks ---------------------------------------


def test_a_leaf_goes_from_running_to_completed() -> None:
    done = run(task("a"))
    assert done.history["a"] == [TaskState.RUNNING, TaskState.COMPLETED]
    assert done.job == "COMPLETED"


def test_a_task_with_subtasks_is_computed_until_they_are_done() -> None:
    done = run(task("root", task("a"), task("b")))
    assert done.history["root"] == [TaskState.RUNNING, TaskState.COMPUTED, TaskState.COMPLETED]
    assert done.started == ["root", "a", "b"]


def test_a_dependent_waits_for_the_dependencys_subtasks_too() -> None:
    done = run(
        task("first", task("inner", task("innermost"))), task("second", after="first"), slots=9
    )
    assert done.started == ["first", "inner", "innermost", "second"]
    assert done.job == "COMPLETED"


def test_a_dependent_waits_for_all_its_dependencies() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"), spec("join", "a", "b"))
    recorder.start()
    recorder.finish("a")
    assert recorder.start() == []
    recorder.finish("b")
    assert [start.key for start in recorder.start()] == ["join"]


def test_a_dependency_named_twice_counts_once() -> None:
    done = run(task("a"), task("b", after="a a"))
    assert done.job == "COMPLETED"


def test_a_dependency_may_be_submitted_after_its_dependent() -> None:
    done = run(task("b", after="a"), task("a"))
    assert done.started == ["a", "b"]


def test_an_image_for_each_of_five_makes_six_tasks() -> None:
    done = run(task("images", *[task(f"image{number}") for number in range(5)]), slots=3)
    assert len(done.records.tasks) == 6
    assert set(done.states().values()) == {"COMPLETED"}


def test_a_reduce_task_runs_after_all_it_reduces() -> None:
    squares = [task(f"square{number}") for number in range(6)]
    done = run(
        task("sum of squares", *squares, task("sum", after=" ".join(s.name for s in squares))),
        slots=4,
    )
    assert done.started[-1] == "sum"
    assert done.job == "COMPLETED"


# --- rule 4: a failure fails the job -------------------------------------------------


def test_a_failed_task_fails_the_job_and_cancels_what_is_queued() -> None:
    done = run(task("a", fails="ERROR"), task("b"), task("c", after="a"))
    assert states(done) == "a=FAILED b=CANCELLED c=CANCELLED"
    assert (done.job, done.graph.reason) == ("FAILED", "TaskFailed")
    assert done.graph.first_failure == "a"


def failing_job() -> Recorder:
    """Return a job in which ``a`` has failed while ``b`` and ``c`` run and ``d`` is queued."""
    recorder = Recorder()
    recorder.add(spec("a"), spec("b", policy=TaskPolicy(max_retries=3)), spec("c"), spec("d"))
    recorder.start(3)
    recorder.finish("a", "ERROR", reason="ValueError: no")
    return recorder


def test_a_failing_job_is_running_until_its_last_attempt_has_ended() -> None:
    recorder = failing_job()
    assert (recorder.job, recorder.graph.reason) == ("RUNNING", "Failing")
    assert recorder.graph.failing
    assert recorder.start() == []
    assert recorder.stops == [
        StopAttempt("b", 1, StopKind.CANCEL),
        StopAttempt("c", 1, StopKind.CANCEL),
    ]
    recorder.finish("b", "ERROR")
    assert recorder.job == "RUNNING"
    recorder.finish("c")
    assert recorder.job == "FAILED"
    assert states(recorder) == "a=FAILED b=CANCELLED c=COMPLETED d=CANCELLED"
    assert recorder.graph.node("a").reason == "ValueError: no"


def test_what_returns_in_a_failing_job_keeps_its_success_but_not_its_subtasks() -> None:
    recorder = failing_job()
    recorder.finish("b", "SUCCEEDED", spec("b1"), spec("b2"))
    recorder.finish("c", "TIMEOUT")
    assert states(recorder) == (
        "a=FAILED b=COMPUTED c=CANCELLED d=CANCELLED b1=CANCELLED b2=CANCELLED"
    )
    assert recorder.job == "FAILED"


def test_computed_tasks_of_a_failed_job_stay_computed() -> None:
    done = run(task("root", task("a"), task("b", fails="ERROR"), task("c")))
    assert states(done) == "root=COMPUTED a=COMPLETED b=FAILED c=CANCELLED"


@pytest.mark.parametrize("kind", ["DISRUPTED", "LOST", "RELEASED", "NEVER_STARTED"])
def test_nothing_is_tried_again_in_a_failing_job(kind: str) -> None:
    recorder = failing_job()
    recorder.finish("b", kind)
    assert recorder.state("b") == "CANCELLED"


def test_only_the_first_failure_counts() -> None:
    recorder = failing_job()
    recorder.finish("c", "ERROR")
    recorder.finish("b", "ERROR")
    assert recorder.graph.first_failure == "a"
    assert [key for key, state in recorder.states().items() if state == "FAILED"] == ["a"]


def test_a_job_can_fail_for_a_reason_that_is_no_tasks() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"))
    recorder.start(1)
    recorder.fail("CacheLost")
    recorder.finish("a")
    assert states(recorder) == "a=COMPLETED b=CANCELLED"
    assert (recorder.job, recorder.graph.reason) == ("FAILED", "CacheLost")
    assert recorder.graph.first_failure is None


# --- rule 7: cancel the job ----------------------------------------------------------


def test_a_cancelled_job_waits_for_its_attempts() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"), spec("c"))
    recorder.start(2)
    recorder.cancel()
    assert (recorder.job, recorder.graph.reason) == ("RUNNING", "Cancelling")
    recorder.finish("a")
    recorder.finish("b", "CRASHED")
    assert states(recorder) == "a=COMPLETED b=CANCELLED c=CANCELLED"
    assert (recorder.job, recorder.graph.reason) == ("CANCELLED", "JobCancelled")


def test_a_job_that_has_not_started_is_cancelled_at_once() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.cancel()
    assert recorder.job == "CANCELLED"


def test_a_job_that_fails_already_is_not_cancelled_any_more() -> None:
    recorder = failing_job()
    recorder.cancel()
    recorder.finish("b")
    recorder.finish("c")
    assert recorder.job == "FAILED"


def test_a_job_that_is_cancelled_does_not_fail_any_more() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.start()
    recorder.cancel()
    recorder.fail("CacheLost")
    recorder.finish("a", "ERROR")
    assert states(recorder) == "a=CANCELLED"
    assert recorder.job == "CANCELLED"


def test_a_final_job_ignores_every_request() -> None:
    done = run(task("a", task("b"), task("c", fails="ERROR")))
    before = states(done)
    done.cancel()
    done.suspend()
    done.resume()
    done.fail("late")
    assert done.cancel_task("a") is False
    assert done.stop_task("a") is False
    assert done.graph.next_wake is None
    assert states(done) == before
    assert done.job == "FAILED"


# --- rule 10: suspend ----------------------------------------------------------------


def test_a_suspended_job_starts_nothing_and_lets_attempts_finish() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b", "a"))
    recorder.start()
    recorder.suspend()
    recorder.finish("a")
    assert recorder.job == "SUSPENDED"
    assert recorder.graph.ready_count == 1
    assert recorder.start() == []
    recorder.resume()
    assert recorder.job == "RUNNING"
    assert [start.key for start in recorder.start()] == ["b"]


def test_a_job_suspended_before_it_started_is_queued_again() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.suspend()
    recorder.resume()
    assert recorder.job == "QUEUED"


def test_a_suspended_job_ends_when_its_last_attempt_does() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.start()
    recorder.suspend()
    recorder.finish("a")
    assert recorder.job == "COMPLETED"


def test_a_suspended_job_can_fail() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"))
    recorder.start(1)
    recorder.suspend()
    recorder.finish("a", "ERROR")
    assert recorder.job == "FAILED"
    assert states(recorder) == "a=FAILED b=CANCELLED"


# --- section 2: open jobs ------------------------------------------------------------


def test_an_open_job_is_not_final_before_it_is_closed() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a"))
    recorder.start()
    recorder.finish("a")
    assert recorder.job == "RUNNING"
    recorder.add(spec("b", "a"))
    recorder.start()
    recorder.finish("b")
    recorder.close()
    assert recorder.job == "COMPLETED"


def test_an_open_job_that_fails_waits_for_its_end_too() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a"))
    recorder.start()
    recorder.finish("a", "ERROR")
    recorder.add(spec("b"))
    assert recorder.state("b") == "CANCELLED"
    assert (recorder.job, recorder.graph.reason) == ("RUNNING", "Failing")
    recorder.close()
    assert recorder.job == "FAILED"


def test_cancelling_an_open_job_closes_it() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a"))
    recorder.cancel()
    assert recorder.job == "CANCELLED"


def test_an_empty_job_is_completed_when_it_is_closed() -> None:
    recorder = Recorder(closed=False)
    recorder.close()
    assert recorder.job == "COMPLETED"


def test_sessions_failures_reach_nothing_else() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a", policy=OPTIONAL))
    recorder.add(spec("b", policy=OPTIONAL))
    recorder.add(spec("c", "a", "b", policy=OPTIONAL))
    recorder.start(1)
    recorder.finish("a", "ERROR")
    recorder.cancel_task("b")
    recorder.start()
    recorder.close()
    recorder.finish("c")
    assert states(recorder) == "a=FAILED_OPTIONAL b=CANCELLED c=COMPLETED"
    assert recorder.job == "COMPLETED"


def test_the_queue_of_a_dead_session_is_cancelled() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a", policy=OPTIONAL), spec("b", policy=OPTIONAL))
    recorder.start(1)
    recorder.close()
    recorder.graph.cancel_open(recorder.now)
    recorder.carry_out()
    assert states(recorder) == "a=CANCELLED b=CANCELLED"
    assert recorder.job == "COMPLETED"
    assert recorder.graph.abandoned == {("a", 1)}


def test_what_can_never_start_fails_without_an_attempt() -> None:
    recorder = Recorder(closed=False)
    recorder.add(spec("a", policy=OPTIONAL), spec("b", "a", policy=OPTIONAL))
    recorder.graph.refuse("a", "NoSuchThing: it needs what is not there", recorder.now)
    recorder.carry_out()
    assert (states(recorder), recorder.records.tasks["a"].attempt) == (
        "a=FAILED_OPTIONAL b=QUEUED",
        0,
    )
    assert [start.key for start in recorder.start()] == ["b"]
    # What has started, or ended, is not refused any more.
    recorder.graph.refuse("b", "too late", recorder.now)
    recorder.graph.refuse("a", "too late", recorder.now)
    recorder.carry_out()
    assert states(recorder) == "a=FAILED_OPTIONAL b=RUNNING"


def test_what_can_never_start_fails_its_job_unless_it_is_optional() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"), spec("c", "a"))
    recorder.start(1)
    recorder.graph.refuse("b", "NoSuchThing", recorder.now)
    recorder.carry_out()
    recorder.finish("a")
    assert states(recorder) == "a=COMPLETED b=FAILED c=CANCELLED"
    assert (recorder.job, recorder.records.first_failure) == ("FAILED", "b")


# --- what the driver is told ---------------------------------------------------------


def test_a_plain_success_has_exactly_one_effect_beyond_its_start() -> None:
    graph = JobGraph(closed=False, started=True)
    graph.tasks_added([spec("a")], 0.0)
    assert graph.start_ready(0.0, 1) == [Start("a", 1)]
    assert graph.take_effects() == []
    assert graph.attempt_finished("a", 1, "SUCCEEDED", 0.0)
    assert graph.take_effects() == [TaskChanged("a", TaskState.COMPLETED, None, 0, 0, None)]


def test_the_job_is_running_from_its_first_start_on() -> None:
    graph = JobGraph()
    graph.tasks_added([spec("a"), spec("b")], 0.0)
    graph.start_ready(0.0, 1)
    graph.start_ready(0.0, 1)
    assert graph.take_effects() == [JobChanged(JobState.RUNNING, None, None, None)]


@pytest.mark.parametrize(("key", "attempt"), [("a", 1), ("a", 3), ("nobody", 1)])
def test_a_late_or_unknown_attempt_changes_nothing(key: str, attempt: int) -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    recorder.start()
    recorder.finish("a", "LOST")
    recorder.start()
    taken = recorder.graph.attempt_finished(
        key, attempt, "SUCCEEDED", recorder.now, children=[spec("child")]
    )
    assert taken is False
    assert recorder.graph.take_effects() == []
    assert recorder.state("a") == "RUNNING"


def test_a_second_report_of_one_attempt_changes_nothing() -> None:
    done = run(task("a"))
    assert done.finish("a", "ERROR", attempt=1) is False
    assert done.state("a") == "COMPLETED"


def test_plans_of_many_shapes_come_to_their_end() -> None:
    plans: list[Plan] = [task("p0")]
    for number in range(1, 40):
        children = [task(f"c{number}.{child}") for child in range(number % 4)]
        plans.append(task(f"p{number}", *children, after=f"p{number // 2} p{number - 1}"))
    scenario = Scenario(tuple(plans), slots=3).submit().go_on()
    assert scenario.recorder.job == "COMPLETED"
    assert set(scenario.recorder.states().values()) == {"COMPLETED"}
