"""What ``jobs show`` says of a job, word for word."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fairlead.cli.describe.job import describe_job, headline
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import Failure, JobView, TaskView

Job = Callable[..., JobView]
Task = Callable[..., TaskView]

NO_TILES = Failure("ERROR", "ValueError", "no tiles for 2026-11-20")


def test_a_failed_job_says_which_task_why_and_what_to_do(job: Job, task: Task, now: float) -> None:
    failed = task(state=TaskState.FAILED, attempt=4, max_retries=3, failure=NO_TILES, ended=now - 1)
    view = job(
        state=JobState.FAILED,
        started=now - 252,
        ended=now,
        failure=NO_TILES,
        counts={TaskState.COMPLETED: 87, TaskState.FAILED: 1, TaskState.CANCELLED: 40},
    )
    lines = describe_job(view, [failed], now, called="nightly").splitlines()
    assert lines[:3] == [
        "nightly  FAILED after 4 m 12 s: acme.example/Enrich raised ValueError:"
        " no tiles for 2026-11-20   (attempt 4 of 4)",
        f"  → fairlead logs {failed.id}   the last lines before it",
        "  → fairlead jobs retry nightly                runs again only what did not succeed"
        " (87 of 128 tasks are kept)",
    ]
    assert "  id       0job0000000000000000000000" in lines
    assert "  tasks    87 completed, 1 failed, 40 cancelled" in lines


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({TaskState.FAILED: 1}, "(0 of 1 task is kept)"),
        ({TaskState.FAILED: 1, TaskState.COMPLETED: 1}, "(1 of 2 tasks is kept)"),
        ({TaskState.FAILED: 2}, "(0 of 2 tasks are kept)"),
    ],
)
def test_what_a_retry_keeps_is_told_in_grammar(
    job: Job, now: float, counts: dict[TaskState, int], said: str
) -> None:
    view = job(state=JobState.FAILED, started=now - 2, ended=now, failure=NO_TILES, counts=counts)
    assert said in describe_job(view, [], now, called="nightly")


def test_the_first_failure_is_told_not_what_it_cancelled(job: Job, task: Task, now: float) -> None:
    tasks = [
        task(identifier="Later", state=TaskState.FAILED, failure=NO_TILES, ended=now - 1),
        task(identifier="First", state=TaskState.FAILED, failure=NO_TILES, ended=now - 2),
        task(identifier="Old", state=TaskState.FAILED, ended=now - 9, superseded=True),
        task(identifier="Cancelled", state=TaskState.CANCELLED, ended=now - 3),
    ]
    view = job(state=JobState.FAILED, ended=now)
    text = describe_job(view, tasks, now, called="nightly")
    assert ": First raised ValueError" in text


@pytest.mark.parametrize(
    ("kind", "message", "said"),
    [
        ("TIMEOUT", "longer than 5 s", "timed out: longer than 5 s"),
        ("OUT_OF_MEMORY", "", "ran out of memory"),
        ("CRASHED", "signal 11", "crashed: signal 11"),
        ("NON_RETRYABLE", "no", "raised ValueError: no"),
        ("SOMETHING_NEW", "odd", "failed: odd"),
    ],
)
def test_each_kind_of_failure_has_its_words(
    job: Job, task: Task, now: float, kind: str, message: str, said: str
) -> None:
    failed = task(state=TaskState.FAILED, failure=Failure(kind, "ValueError", message))
    view = job(state=JobState.FAILED, ended=now)
    assert f"acme.example/Enrich {said}   (attempt 1 of 1)" in describe_job(
        view, [failed], now, called="nightly"
    )


def test_a_failed_job_without_a_failed_task_gives_its_own_reason(job: Job, now: float) -> None:
    failure = Failure("ERROR", "CacheLostError", "the cache is gone")
    view = job(state=JobState.FAILED, ended=now, failure=failure)
    assert headline(view, None, now) == "nightly  FAILED after 1 m 00 s: the cache is gone"


def test_a_running_job_says_how_far_it_is(job: Job, now: float) -> None:
    view = job(counts={TaskState.COMPLETED: 41, TaskState.RUNNING: 8, TaskState.QUEUED: 79})
    assert headline(view, None, now) == (
        "nightly  RUNNING for 1 m 00 s: 41 of 128 tasks, 8 running"
    )


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"state": JobState.RUNNING}, "fairlead jobs watch nightly"),
        ({"state": JobState.RUNNING, "driven": False}, "fairlead jobs run nightly"),
        ({"state": JobState.QUEUED, "driven": False}, "fairlead jobs run nightly"),
        ({"state": JobState.SUSPENDED}, "fairlead jobs resume nightly"),
        ({"state": JobState.COMPLETED}, "fairlead jobs tree nightly"),
        ({"state": JobState.CANCELLED}, "fairlead jobs retry nightly"),
    ],
)
def test_each_state_has_its_next_step(
    job: Job, now: float, changes: dict[str, object], hint: str
) -> None:
    text = describe_job(job(**changes), [], now, called="nightly")
    hints = [line for line in text.splitlines() if "→" in line]
    assert len(hints) == 1
    assert hint in hints[0]


def test_a_name_is_quoted_for_the_shell_and_cannot_steer_the_terminal(job: Job, now: float) -> None:
    view = job(name="my \x1b[31mjob", state=JobState.COMPLETED)
    text = describe_job(view, [], now, called="my job")
    assert "fairlead jobs tree 'my job'" in text
    assert "\x1b" not in text


def test_the_state_is_coloured_only_on_request(job: Job, now: float) -> None:
    view = job(state=JobState.COMPLETED)
    assert "\x1b[32mCOMPLETED\x1b[0m" in headline(view, None, now, color=True)
    assert "\x1b" not in headline(view, None, now)
