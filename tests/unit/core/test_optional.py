"""Optional tasks: what fails under one, what is skipped, what goes on."""

from __future__ import annotations

import pytest

from fairlead.core.node import TaskPolicy

from .recorder import Recorder, spec
from .scenario import Plan, Scenario, run, task


def pipeline(inner_optional: bool = False) -> tuple[Plan, ...]:
    """The worked example: one step of an optional part fails."""
    step1 = task(
        "Step1",
        task("Step1A"),
        task("Step1B", fails="ERROR", optional=inner_optional),
        task("Step1C"),
    )
    processing = task("OptionalProcessing", step1, task("Step2", after="Step1"), optional=True)
    return (task("Pipeline", processing, task("AlwaysRuns", after="OptionalProcessing")),)


def test_a_failure_skips_what_is_queued_under_the_optional_root() -> None:
    done = run(*pipeline())
    assert done.states() == {
        "Pipeline": "COMPLETED",
        "OptionalProcessing": "COMPLETED",
        "AlwaysRuns": "COMPLETED",
        "Step1": "COMPLETED",
        "Step2": "SKIPPED",
        "Step1A": "COMPLETED",
        "Step1B": "FAILED_OPTIONAL",
        "Step1C": "SKIPPED",
    }
    assert done.job == "COMPLETED"
    assert done.started[-1] == "AlwaysRuns"


def test_an_inner_optional_task_is_its_own_root() -> None:
    done = run(*pipeline(inner_optional=True))
    states = done.states()
    assert states.pop("Step1B") == "FAILED_OPTIONAL"
    assert set(states.values()) == {"COMPLETED"}
    assert done.started[-2:] == ["Step2", "AlwaysRuns"]


def test_step1_may_fail_before_it_submits_anything() -> None:
    step1 = task("Step1", fails="ERROR")
    done = run(
        task("Optional", step1, task("Step2", after="Step1"), optional=True),
        task("Always", after="Optional"),
    )
    assert done.states() == {
        "Optional": "COMPLETED",
        "Always": "COMPLETED",
        "Step1": "FAILED_OPTIONAL",
        "Step2": "SKIPPED",
    }


def test_an_optional_task_that_succeeds_is_like_any_other() -> None:
    done = run(task("a", optional=True), task("b", after="a"))
    assert done.states() == {"a": "COMPLETED", "b": "COMPLETED"}


def test_dependents_of_a_failed_optional_task_run() -> None:
    done = run(task("a", optional=True, fails="ERROR"), task("b", after="a"))
    assert done.states() == {"a": "FAILED_OPTIONAL", "b": "COMPLETED"}
    assert done.job == "COMPLETED"


def test_an_optional_task_uses_its_retries_first() -> None:
    done = run(task("a", optional=True, max_retries=3, fails="ERROR ERROR ERROR ERROR"))
    assert done.started == ["a"] * 4
    assert done.states() == {"a": "FAILED_OPTIONAL"}


def test_what_runs_under_a_closed_root_ends_and_what_it_submits_is_skipped() -> None:
    recorder = Recorder()
    recorder.add(spec("root", policy=TaskPolicy(optional=True)), spec("after", "root"))
    recorder.start()
    recorder.finish(
        "root",
        "SUCCEEDED",
        spec("a"),
        spec("b"),
        spec("c", policy=TaskPolicy(max_retries=5)),
        spec("d", "a"),
        spec("e"),
    )
    recorder.start(3)
    recorder.finish("a", "ERROR")
    assert recorder.states() | {"d": "SKIPPED", "e": "SKIPPED"} == recorder.states()
    recorder.finish("b", "SUCCEEDED", spec("b1"), spec("b2", "b1"))
    assert (recorder.state("b1"), recorder.state("b2")) == ("SKIPPED", "SKIPPED")
    assert recorder.state("b") == "COMPLETED"
    assert recorder.state("root") == "COMPUTED"
    recorder.finish("c", "ERROR")  # five retries left, and none is used
    assert recorder.state("c") == "FAILED_OPTIONAL"
    assert recorder.state("root") == "COMPLETED"
    assert [start.key for start in recorder.start()] == ["after"]


@pytest.mark.parametrize("kind", ["LOST", "DISRUPTED", "NEVER_STARTED"])
def test_platform_failures_under_a_closed_root_are_not_retried(kind: str) -> None:
    recorder = Recorder()
    recorder.add(spec("root", policy=TaskPolicy(optional=True)))
    recorder.start()
    recorder.finish("root", "SUCCEEDED", spec("a"), spec("b"))
    recorder.start()
    recorder.finish("a", "ERROR")
    recorder.finish("b", kind)
    assert recorder.state("b") == "FAILED_OPTIONAL"
    assert recorder.job == "COMPLETED"


def test_an_attempt_handed_back_under_a_closed_root_is_skipped() -> None:
    recorder = Recorder()
    recorder.add(spec("root", policy=TaskPolicy(optional=True)))
    recorder.start()
    recorder.finish("root", "SUCCEEDED", spec("a"), spec("b"))
    recorder.start()
    recorder.finish("a", "ERROR")
    recorder.finish("b", "RELEASED")
    assert recorder.state("b") == "SKIPPED"
    assert recorder.job == "COMPLETED"


def test_an_outer_root_that_closes_takes_the_inner_ones_with_it() -> None:
    recorder = Recorder()
    optional = TaskPolicy(optional=True, max_retries=2)
    recorder.add(spec("outer", policy=optional))
    recorder.start()
    recorder.finish("outer", "SUCCEEDED", spec("inner", policy=optional), spec("bad"))
    recorder.start()
    recorder.finish("inner", "SUCCEEDED", spec("x", policy=optional), spec("y"), spec("z"))
    recorder.start(2)
    recorder.finish("bad", "ERROR")
    assert recorder.state("z") == "SKIPPED"
    recorder.finish("x", "ERROR")  # its own root, with retries left, but the outer one is closed
    assert recorder.state("x") == "FAILED_OPTIONAL"
    recorder.finish("y", "SUCCEEDED", spec("y1"))
    assert recorder.state("y1") == "SKIPPED"
    assert recorder.job == "COMPLETED"


def test_an_inner_failure_leaves_the_outer_root_open() -> None:
    inner = task("inner", task("i1", fails="ERROR"), task("i2"), optional=True)
    done = run(task("outer", inner, task("o1", after="inner"), optional=True))
    assert done.states() == {
        "outer": "COMPLETED",
        "inner": "COMPLETED",
        "o1": "COMPLETED",
        "i1": "FAILED_OPTIONAL",
        "i2": "SKIPPED",
    }


def test_a_failure_deep_under_an_optional_root_stays_inside() -> None:
    deep = task("d4", fails="ERROR")
    for depth in range(3, 0, -1):
        deep = task(f"d{depth}", deep, task(f"later{depth}", after=f"d{depth + 1}"))
    done = run(task("root", deep, optional=True), task("after", after="root"))
    skipped = {key for key, state in done.states().items() if state == "SKIPPED"}
    assert skipped == {"later1", "later2", "later3"}
    assert done.state("after") == "COMPLETED"
    assert done.job == "COMPLETED"


def test_a_failure_beside_an_optional_task_fails_the_job() -> None:
    done = run(task("optional", task("o1"), optional=True), task("bad", fails="ERROR"), slots=1)
    assert done.states() == {"optional": "COMPUTED", "bad": "FAILED", "o1": "CANCELLED"}
    assert done.job == "FAILED"


def test_skipped_tasks_of_a_running_part_do_not_start() -> None:
    scenario = Scenario(pipeline(), slots=3).submit().go_on(until="Step1C")
    recorder = scenario.recorder
    recorder.finish("Step1B", "ERROR")
    assert recorder.state("Step1C") == "RUNNING"
    assert recorder.state("Step2") == "SKIPPED"
    assert recorder.state("AlwaysRuns") == "QUEUED"
    recorder.finish("Step1C")
    recorder.finish("Step1A")
    assert [start.key for start in recorder.start()] == ["AlwaysRuns"]
