"""How far a job is: counts, bars, and the time it may still take."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.cli.progress.snapshot import MOST_BARS, Bar, Pace, bars_of, take_snapshot
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, Progress, TaskView

Job = Callable[..., JobView]
Task = Callable[..., TaskView]


def test_there_is_a_bar_for_each_identifier_and_each_label(task: Task) -> None:
    tasks = [
        task(identifier="Fetch", state=TaskState.COMPLETED, progress=(Progress("tiles", 5, 5),)),
        task(identifier="Fetch", state=TaskState.RUNNING, progress=(Progress("tiles", 2, 8),)),
        task(identifier="Sum", state=TaskState.FAILED_OPTIONAL),
    ]
    assert bars_of(tasks) == [
        Bar("Fetch", done=1, total=2, running=1),
        Bar("Sum", done=1, total=1, failed=1),
        Bar("tiles", done=7, total=13),
    ]


def test_the_pace_of_the_last_seconds_gives_the_time_left() -> None:
    pace = Pace()
    assert pace.remaining(100.0, 10, 100) is None
    assert pace.remaining(110.0, 30, 100) == 35.0
    assert pace.remaining(120.0, 100, 100) is None


def test_the_pace_forgets_what_is_long_ago() -> None:
    pace = Pace()
    for second in range(0, 1000, 10):
        slow_then_fast = second // 10 if second < 500 else 50 + (second - 500)
        left = pace.remaining(float(second), slow_then_fast, 1000)
    assert left == (1000 - 540)


def test_no_time_is_promised_where_nothing_moves() -> None:
    pace = Pace()
    pace.remaining(0.0, 3, 10)
    assert pace.remaining(5.0, 3, 10) is None


def test_a_snapshot_in_words(job: Job, now: float) -> None:
    pace = Pace()
    pace.remaining(now - 10, 31, 128)
    counts = {TaskState.COMPLETED: 41, TaskState.RUNNING: 8, TaskState.QUEUED: 79}
    snapshot = take_snapshot(job(counts=counts), [], pace, now)
    assert snapshot.in_words() == (
        "nightly RUNNING 41/128, 8 running, 1 m 00 s, about 1 m 27 s left"
    )


def test_an_ended_job_has_no_time_left(job: Job, now: float) -> None:
    pace = Pace()
    pace.remaining(now - 10, 1, 9)
    ended = job(state=JobState.CANCELLED, ended=now, counts={TaskState.COMPLETED: 4})
    assert take_snapshot(ended, [], pace, now).remaining is None


def test_only_so_many_bars_are_shown_and_the_unfinished_ones_first(job: Job, now: float) -> None:
    bars = [Bar(f"done{number}", 1, 1) for number in range(MOST_BARS)] + [Bar("open", 0, 1)]
    snapshot = take_snapshot(job(), bars, Pace(), now)
    assert snapshot.bars[0].label == "open"
    assert len(snapshot.bars) == MOST_BARS
    assert snapshot.hidden == 1
