"""The next run of a failed or cancelled job: what runs again and what is kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from fairlead.core.graph import JobGraph
from fairlead.core.node import TaskPolicy
from fairlead.core.observed import ObservedJob
from fairlead.core.renewal import RenewalPlan, renew
from fairlead.core.states import JobState, TaskState
from fairlead.errors import InvalidRequestError

from .choices import Life, decisions
from .recorder import Recorder, spec
from .scenario import run, task
from .test_properties import live

OPTIONAL = TaskPolicy(optional=True)


def plan_for(recorder: Recorder) -> RenewalPlan:
    return renew(recorder.records.observed())


def next_run(recorder: Recorder) -> Recorder:
    """Open the next run and return its driver."""
    plan = plan_for(recorder)
    following = Recorder()
    following.now = recorder.now
    following.records.tasks = {task.spec.key: task for task in plan.next_run.tasks}
    following.rebuild()
    return following


def test_only_what_did_not_succeed_runs_again() -> None:
    done = run(
        task("root", task("a"), task("b", fails="ERROR"), task("c", after="b")),
        task("d", after="root"),
    )
    plan = plan_for(done)
    assert plan.kept == ("root", "a")
    assert plan.renewed == ("d", "b", "c")
    assert plan.superseded == ()
    following = next_run(done)
    assert following.job == "QUEUED"
    while following.start():
        for key in following.running():
            following.finish(key)
    assert following.started == ["b", "c", "d"]
    assert set(following.states().values()) == {"COMPLETED"}
    assert following.job == "COMPLETED"


def test_a_renewed_task_has_fresh_budgets() -> None:
    done = run(task("a", max_retries=1, fails="LOST ERROR ERROR"))
    [renewed] = plan_for(done).next_run.tasks
    assert (renewed.state, renewed.attempt) == (TaskState.QUEUED, 0)
    assert (renewed.user_failures, renewed.platform_failures) == (0, 0)
    assert (renewed.reason, renewed.not_before) == (None, None)


def test_optional_failures_and_what_they_skipped_are_kept() -> None:
    optional = task("o", task("bad", fails="ERROR"), task("skipped"), optional=True)
    done = run(optional, task("broken", after="o", fails="ERROR"))
    plan = plan_for(done)
    assert plan.kept == ("o", "bad", "skipped")
    assert plan.renewed == ("broken",)


def test_subtasks_of_a_renewed_task_are_superseded() -> None:
    recorder = Recorder()
    recorder.add(spec("top"))
    recorder.start()
    recorder.finish("top", "SUCCEEDED", spec("mid"))
    recorder.start()
    recorder.finish("mid", "SUCCEEDED", spec("done"), spec("open"))
    recorder.start(1)
    recorder.finish("done")
    recorder.cancel_task("top")
    plan = plan_for(recorder)
    assert plan.renewed == ("top",)
    assert plan.superseded == ("mid", "done", "open")
    assert list(next_run(recorder).states()) == ["top"]


def test_subtasks_that_were_cancelled_as_they_came_are_renewed() -> None:
    recorder = Recorder()
    recorder.add(spec("a"), spec("b"))
    recorder.start()
    recorder.finish("a", "ERROR")
    recorder.finish("b", "SUCCEEDED", spec("b1"), spec("b2", "b1"))
    plan = plan_for(recorder)
    assert (plan.kept, plan.renewed) == (("b",), ("a", "b1", "b2"))
    following = next_run(recorder)
    assert [start.key for start in following.start()] == ["a", "b1"]


def test_under_a_task_that_is_final_nothing_is_renewed() -> None:
    recorder = Recorder()
    recorder.add(spec("done"), spec("bad", "done"))
    recorder.start()
    recorder.finish("done", "SUCCEEDED", spec("cancelled", policy=OPTIONAL))
    recorder.cancel_task("cancelled")
    recorder.start()
    recorder.finish("bad", "ERROR")
    assert plan_for(recorder).renewed == ("bad",)


def test_a_renewed_task_under_a_closed_root_is_skipped_at_once() -> None:
    recorder = Recorder()
    recorder.add(spec("root", policy=OPTIONAL), spec("other"))
    recorder.start()
    recorder.finish("root", "SUCCEEDED", spec("bad"), spec("running"))
    recorder.start()
    recorder.finish("bad", "ERROR")
    recorder.finish("other", "ERROR")
    recorder.finish("running", "ERROR")
    assert recorder.states()["running"] == "CANCELLED"
    assert plan_for(recorder).renewed == ("other", "running")
    following = next_run(recorder)
    assert following.state("running") == "SKIPPED"
    assert following.state("root") == "COMPLETED"


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING", "SUSPENDED", "COMPLETED"])
def test_only_a_failed_or_cancelled_job_can_be_retried(state: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"this one is {state}"):
        renew(ObservedJob([], state=JobState(state)))


@settings(max_examples=150, deadline=None)
@given(decisions)
def test_a_renewed_job_can_always_be_completed(numbers: bytes) -> None:
    life: Life = live(numbers, lambda life: None)
    recorder = life.recorder
    if recorder.job == "COMPLETED":
        return
    before = recorder.records.copy()
    plan = plan_for(recorder)
    assert {*plan.kept, *plan.renewed, *plan.superseded} == set(before.tasks)
    life.recorder = next_run(recorder)
    life.run = life.just_run
    life.drain()
    assert life.recorder.job == "COMPLETED"
    for key in plan.kept:
        kept = before.tasks[key]
        again = life.recorder.records.tasks[key]
        assert again.attempt == kept.attempt
        assert again.state in (kept.state, TaskState.COMPLETED)


def test_the_next_run_can_be_rebuilt_from_the_plan_alone() -> None:
    done = run(task("a", task("b", fails="ERROR")))
    graph = JobGraph.rebuild(plan_for(done).next_run, 0.0)
    assert [start.key for start in graph.start_ready(0.0, 9)] == ["b"]
