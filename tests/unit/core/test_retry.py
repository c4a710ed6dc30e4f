"""Retries: which budget a failure is charged to, how long a retry waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.node import TaskPolicy
from fairlead.core.outcomes import BUDGETS, Budget, OutcomeKind
from fairlead.core.retry import backoff_delay, budget_of, jitter, waits_before_retry

from .recorder import Limits, Recorder, spec
from .scenario import run, task

USERS = ["ERROR", "TIMEOUT", "OUT_OF_MEMORY", "CRASHED"]
PLATFORMS = ["DISRUPTED", "NEVER_STARTED", "LOST"]


def test_every_kind_but_success_has_a_budget() -> None:
    assert set(BUDGETS) == set(OutcomeKind) - {OutcomeKind.SUCCEEDED}
    assert budget_of("ERROR") is Budget.USER


@pytest.mark.parametrize("kind", ["SUCCEEDED", "error", ""])
def test_an_unknown_way_to_fail_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="is not a way in which an attempt fails"):
        budget_of(kind)


# --- the budgets at work -------------------------------------------------------------


@pytest.mark.parametrize("kind", USERS)
def test_n_retries_allow_n_plus_one_executions(kind: str) -> None:
    done = run(task("a", max_retries=2, fails=f"{kind} {kind} {kind} {kind}"))
    assert done.started == ["a"] * 3
    assert (done.state("a"), done.graph.node("a").reason) == ("FAILED", kind)
    assert done.graph.node("a").user_failures == 3


def test_the_default_is_no_retry() -> None:
    assert run(task("a", fails="ERROR")).started == ["a"]


def test_a_retry_that_succeeds_mends_everything() -> None:
    done = run(task("a", max_retries=5, fails="ERROR CRASHED"), task("b", after="a"))
    assert done.states() == {"a": "COMPLETED", "b": "COMPLETED"}
    assert done.started == ["a", "a", "a", "b"]


def test_an_error_that_must_not_be_retried_is_not() -> None:
    done = run(task("a", max_retries=5, fails="NON_RETRYABLE"))
    assert (done.started, done.state("a")) == (["a"], "FAILED")


@pytest.mark.parametrize("kind", PLATFORMS)
def test_the_platforms_failures_use_the_platforms_budget(kind: str) -> None:
    done = run(task("a", fails=" ".join([kind] * 10)))
    node = done.graph.node("a")
    assert (node.state.value, node.platform_failures, node.user_failures) == ("COMPLETED", 10, 0)


def test_the_platforms_budget_ends_too() -> None:
    recorder = Recorder(limits=Limits(platform_budget=1))
    recorder.add(spec("a", policy=TaskPolicy(max_retries=9)))
    for _ in range(2):
        recorder.start()
        recorder.finish("a", "LOST", reason="its program died")
    assert recorder.state("a") == "FAILED"
    assert recorder.graph.node("a").reason == "its program died"


def test_the_budgets_do_not_mix() -> None:
    kinds = "LOST ERROR LOST LOST ERROR DISRUPTED"
    done = run(task("a", max_retries=2, fails=kinds))
    node = done.graph.node("a")
    assert (node.state.value, node.user_failures, node.platform_failures) == ("COMPLETED", 2, 4)


def test_an_attempt_that_was_handed_back_costs_nothing_and_starts_at_once() -> None:
    recorder = Recorder()
    recorder.add(spec("a"))
    for attempt in range(1, 40):
        assert [start.attempt for start in recorder.start()] == [attempt]
        recorder.finish("a", "RELEASED")
    node = recorder.graph.node("a")
    assert (node.state.value, node.user_failures, node.platform_failures) == ("QUEUED", 0, 0)
    assert node.reason == "RELEASED"


def test_a_retry_starts_without_subtasks() -> None:
    recorder = Recorder()
    recorder.add(spec("a", policy=TaskPolicy(max_retries=1, backoff=0.0)))
    recorder.start()
    recorder.finish("a", "ERROR", spec("child"))
    assert list(recorder.states()) == ["a"]
    recorder.start()
    recorder.finish("a", "SUCCEEDED", spec("child"))
    assert list(recorder.states()) == ["a", "child"]


# --- the wait ------------------------------------------------------------------------


def retrying(policy: TaskPolicy) -> Recorder:
    recorder = Recorder()
    recorder.add(spec("a", policy=policy))
    recorder.start()
    return recorder


def test_a_retry_waits_for_its_backoff() -> None:
    recorder = retrying(TaskPolicy(max_retries=1, backoff=8.0))
    recorder.finish("a", "ERROR")
    assert recorder.state("a") == "QUEUED"
    assert recorder.start() == []
    due = recorder.graph.next_wake
    assert due is not None
    assert 4.0 <= due - recorder.now <= 8.0
    assert recorder.records.tasks["a"].not_before == due
    recorder.wait_until(due - 0.001)
    assert recorder.start() == []
    recorder.wait_until(due)
    assert [start.attempt for start in recorder.start()] == [2]


@pytest.mark.parametrize("kind", ["LOST", "DISRUPTED"])
def test_a_lost_machine_or_program_is_not_waited_for(kind: str) -> None:
    recorder = retrying(TaskPolicy())
    recorder.finish("a", kind)
    assert len(recorder.start()) == 1
    assert not waits_before_retry(kind)


def test_a_task_that_never_started_waits() -> None:
    recorder = retrying(TaskPolicy())
    recorder.finish("a", "NEVER_STARTED")
    assert recorder.start() == []


def test_a_wait_that_is_asked_for_replaces_the_backoff() -> None:
    recorder = retrying(TaskPolicy(max_retries=1))
    recorder.finish("a", "ERROR", retry_after=100.0)
    assert recorder.graph.next_wake == recorder.now + 100.0


def test_no_backoff_is_no_wait() -> None:
    recorder = retrying(TaskPolicy(max_retries=1, backoff=0.0))
    recorder.finish("a", "ERROR")
    assert len(recorder.start()) == 1


def test_the_wait_doubles_up_to_its_cap() -> None:
    waits = [backoff_delay("t", 1, failures, 1.0, 60.0) for failures in range(1, 12)]
    ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    factor = 1.0 - 0.5 * jitter("t", 1)
    assert waits == pytest.approx([ceiling * factor for ceiling in ceilings])


@given(
    st.text(),
    st.integers(1, 10**9),
    st.integers(0, 10**9),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_any_wait_is_within_its_bounds(
    token: str, attempt: int, failures: int, backoff: float, most: float
) -> None:
    wait = backoff_delay(token.encode(errors="replace").decode(), attempt, failures, backoff, most)
    assert 0.0 <= wait <= most


def test_jitter_depends_on_task_and_attempt_alone() -> None:
    assert jitter("a", 1) == jitter("a", 1)
    drawn = {jitter(token, attempt) for token in "abcdefgh" for attempt in range(50)}
    assert len(drawn) == 400
    assert min(drawn) < 0.05
    assert max(drawn) > 0.95
