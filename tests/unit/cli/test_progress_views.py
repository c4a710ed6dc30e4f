"""The two ways to show a snapshot: plain lines, and bars."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from fairlead.cli.progress.bars import draw
from fairlead.cli.progress.lines import QUIET_SECONDS, Lines
from fairlead.cli.progress.snapshot import Bar, Pace, Snapshot, take_snapshot
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView

Job = Callable[..., JobView]


def at(view: JobView, now: float, *bars: Bar) -> Snapshot:
    return take_snapshot(view, bars, Pace(), now)


def test_lines_come_with_news_but_not_too_often(
    job: Job, now: float, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    for seconds, done in [(0.0, 1), (0.2, 2), (0.4, 3), (QUIET_SECONDS, 4), (99.0, 4)]:
        view = job(counts={TaskState.COMPLETED: done, TaskState.QUEUED: 10 - done})
        lines.show(at(view, now + seconds), now + seconds)
    printed = capsys.readouterr()
    assert [line.split(",")[0] for line in printed.err.splitlines()] == [
        "nightly RUNNING 1/10",
        "nightly RUNNING 4/10",
    ]
    assert printed.out == ""


def test_a_change_of_state_is_told_at_once_and_the_end_is_left_to_the_answer(
    job: Job, now: float, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines()
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.SUSPENDED, JobState.COMPLETED):
        lines.show(at(job(state=state), now), now)
    states = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert states == ["QUEUED", "RUNNING", "SUSPENDED"]


def test_bars_show_every_kind_with_its_numbers(job: Job, now: float) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    counts = {TaskState.COMPLETED: 3, TaskState.RUNNING: 1, TaskState.FAILED_OPTIONAL: 1}
    bars = [Bar("Fetch", 3, 4, running=1), Bar("漢字 \x1b", 0, 7)]
    console.print(draw(at(job(counts=counts), now, *bars)))
    assert isinstance(console.file, io.StringIO)
    first, second, third = console.file.getvalue().splitlines()
    assert first.startswith("nightly  RUNNING")
    assert "4/5 1 running, 1 failed, 1 m 00 s" in first
    assert second.startswith("  Fetch")
    assert "3/4 1 running" in second
    assert "0/7" in third
