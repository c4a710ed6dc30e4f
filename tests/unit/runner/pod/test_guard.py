"""Whose fault it is that an attempt did not succeed whose pod was told to end."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.runner.pod.assignments import made

from fairlead.core.outcomes import BUDGETS, Budget, OutcomeKind
from fairlead.runner.exits import killed_outcome
from fairlead.runner.pod.guard import Guard
from fairlead.runner.pod.memory import MemoryWatch
from fairlead.sdk.attempt import AttemptOutcome, AttemptUsage
from fairlead.sdk.backend import Failure


class Stage:
    """Takes note of what an attempt is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def stop(self) -> None:
        self.told.append("stop")

    def kill(self, kind: OutcomeKind) -> None:
        self.told.append(kind)

    def begun(self) -> float:
        return time.monotonic() - 100


class Pod:
    """A pod as its guard sees it."""

    def __init__(self) -> None:
        self.settings = SimpleNamespace(grace=0.0, memory=None)
        self.ground = SimpleNamespace(memory=lambda: MemoryWatch(None))
        self.terminating = threading.Event()
        self.terminated: float | None = None

    def terminate(self) -> None:
        self.terminated = time.monotonic()
        self.terminating.set()


def guard(pod: Any, timeout: float | None = None) -> tuple[Guard, Stage]:
    stage: Any = Stage()
    return Guard(pod, stage, made(graceSeconds=0), timeout), stage


def failed(kind: OutcomeKind = OutcomeKind.ERROR) -> AttemptOutcome:
    failure = Failure(kind.value, "ValueError", "no tiles", "builtins")
    return AttemptOutcome(kind, failure=failure, version="v1.0", ended=time.monotonic())


FAILURES = [OutcomeKind.ERROR, OutcomeKind.NON_RETRYABLE, OutcomeKind.OUT_OF_MEMORY]


@pytest.mark.parametrize("kind", FAILURES)
def test_what_failed_before_the_pod_was_told_to_end_is_the_tasks_own(kind: OutcomeKind) -> None:
    pod = Pod()
    judge, _ = guard(pod)
    outcome = failed(kind)
    pod.terminate()
    judge.look()
    assert judge.judged(outcome) is outcome
    assert BUDGETS[judge.judged(outcome).kind] is not Budget.PLATFORM


@pytest.mark.parametrize("kind", FAILURES)
def test_what_failed_after_that_is_not(kind: OutcomeKind) -> None:
    pod = Pod()
    judge, stage = guard(pod)
    pod.terminate()
    judge.look()
    assert stage.told[0] == "stop"
    outcome = judge.judged(failed(kind))
    assert outcome.kind is OutcomeKind.DISRUPTED
    assert outcome.failure is not None
    assert "ValueError: no tiles" in outcome.failure.message


def test_a_process_that_ends_without_a_word_while_its_pod_ends_is_disrupted() -> None:
    pod = Pod()
    judge, _ = guard(pod)
    pod.terminate()
    assert judge.judged(killed_outcome(OutcomeKind.CRASHED)).kind is OutcomeKind.DISRUPTED


def test_an_attempt_that_was_killed_for_its_time_before_that_is_out_of_time() -> None:
    pod = Pod()
    judge, stage = guard(pod, timeout=10)
    judge.look()
    assert stage.told == [OutcomeKind.TIMEOUT]
    pod.terminate()
    judge.look()
    assert judge.judged(killed_outcome(OutcomeKind.TIMEOUT)).kind is OutcomeKind.TIMEOUT


def test_an_attempt_that_does_not_return_in_its_grace_is_disrupted() -> None:
    pod = Pod()
    judge, stage = guard(pod)
    pod.terminate()
    judge.look()
    judge.look()
    assert stage.told == ["stop", OutcomeKind.LOST]
    assert judge.judged(killed_outcome(OutcomeKind.LOST)).kind is OutcomeKind.DISRUPTED


def test_a_success_is_one_whenever_it_comes() -> None:
    pod = Pod()
    judge, _ = guard(pod)
    pod.terminate()
    outcome = AttemptOutcome(OutcomeKind.SUCCEEDED, b"1")
    assert judge.judged(outcome) is outcome


def test_a_task_cannot_put_off_its_time_limit() -> None:
    stage: Any = Stage()
    began = [time.monotonic()]
    stage.begun = lambda: began[0]
    pod: Any = Pod()
    judge = Guard(pod, stage, made(graceSeconds=0), 0.05)
    judge.look()
    until = time.monotonic() + 30
    while not stage.told and time.monotonic() < until:
        began[0] = time.monotonic() + 1000  # the process that runs the task says when it began
        judge.look()
    assert stage.told == [OutcomeKind.TIMEOUT]


def test_what_an_attempt_took_stays_with_it_whatever_it_counts_as() -> None:
    watching, _ = guard(Pod(), timeout=1.0)
    watching.look()  # it is out of time
    outcome = killed_outcome(OutcomeKind.TIMEOUT)
    outcome.usage = AttemptUsage(100.0, 3.0, 50_000_000)
    judged = watching.judged(outcome)
    assert judged is not outcome
    assert judged.usage == outcome.usage
    assert watching.judged(killed_outcome(OutcomeKind.TIMEOUT)).usage is None
