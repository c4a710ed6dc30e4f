"""What ``tasks info`` says of a task."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.cli.describe.task import describe_task
from fairlead.core.states import TaskState
from fairlead.sdk.backend import AttemptUsage, AttemptView, Failure, JobView, Progress, TaskView

Job = Callable[..., JobView]
Task = Callable[..., TaskView]

FAILURE = Failure("ERROR", "ValueError", "no tiles", traceback="Traceback:\n  line 3\x1b[0m\n")


def test_attempts_are_listed_once_there_were_several(job: Job, task: Task, now: float) -> None:
    view = task(state=TaskState.FAILED, attempt=2, max_retries=1, ended=now, failure=FAILURE)
    history = [
        AttemptView(1, now - 50, now - 49, "ERROR", "v1.0", FAILURE),
        AttemptView(2, now - 10, now, "ERROR", "v1.0", FAILURE),
    ]
    lines = describe_task(view, job(), history, {}, [], now).splitlines()
    assert lines[0] == "Enrich  FAILED after 50 s"
    assert "  failure      raised ValueError: no tiles" in lines
    assert "  attempt      attempt 2 of 2" in lines
    assert "  attempt 1    ERROR after 1.0 s: raised ValueError: no tiles" in lines
    assert "  attempt 2    ERROR after 10 s: raised ValueError: no tiles" in lines


def test_what_an_attempt_took_is_said(job: Job, task: Task, now: float) -> None:
    usage = AttemptUsage(1.5, 0.25, 300 * 2**20)
    one = AttemptView(1, now - 2, now, "SUCCEEDED", "v1.0", None, usage)
    lines = describe_task(task(), job(), [one], {}, [], now).splitlines()
    assert "  took         1.5 s, CPU time 250 ms, at most 300 MiB of memory" in lines
    lines = describe_task(task(), job(), [one, one], {}, [], now).splitlines()
    took = "(1.5 s, CPU time 250 ms, at most 300 MiB of memory)"
    assert f"  attempt 1    SUCCEEDED after 2.0 s {took}" in lines


def test_the_traceback_keeps_its_lines_and_loses_its_escapes(
    job: Job, task: Task, now: float
) -> None:
    view = task(state=TaskState.FAILED, failure=FAILURE, ended=now)
    text = describe_task(view, job(), [], {}, [], now)
    assert text.endswith("\n\nTraceback:\n  line 3\N{REPLACEMENT CHARACTER}[0m")


def test_a_running_task_shows_progress_status_metadata_and_files(
    job: Job, task: Task, now: float
) -> None:
    view = task(progress=(Progress("tiles", 3, 10),), status_text="fetching")
    text = describe_task(view, job(), [], {"author": "me"}, ["a.png", "b.png"], now)
    assert "  progress     tiles 3/10" in text
    assert "  status       fetching" in text
    assert "  metadata     author=me" in text
    assert "  files        2" in text
    assert f"→ fairlead tasks download {view.id}" in text
    assert f"→ fairlead tasks kill {view.id}" in text


def test_a_task_that_never_ran_offers_no_logs(job: Job, task: Task, now: float) -> None:
    view = task(state=TaskState.QUEUED, started=None, attempt=0, reason="NoCompatibleRelease")
    text = describe_task(view, job(), [], {}, [], now)
    assert "→" not in text
    assert "  reason       NoCompatibleRelease" in text
    assert "  attempt      not started yet" in text
