from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.states import JobState
from fairlead.sdk.backend import TaskView
from fairlead.sdk.display import render_text
from fairlead.sdk.display.text import MOST_FAILURES, MOST_LINES
from fairlead.sdk.display.words import cells

from . import generated as made
from .generated import BEGIN, JobMaker, Made
from .golden import assert_golden
from .test_outline import any_job

PICTURES = {
    "squares": made.squares(),
    "images": made.images(),
    "nightly": made.nightly(),
    "nightly-failed": made.nightly(failing=True),
    "fan": made.fan(),
    "pipeline": made.pipeline(),
    "turns": made.turns(50),
    "states": made.every_state(),
    "quadtree-small": made.quadtree(2),
    "quadtree": made.quadtree(6),
    "quadtree-failed": made.quadtree(6, failed=[700, 701, 3000]),
    "chain-failed": made.chain(10_000, failed_at=5_000),
    "nested-failed": made.nested(500, ("A", "B"), fails=True),
    "assorted-failed": made.assorted(5_000, failed=20),
    "hostile": made.hostile(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str) -> None:
    assert_golden(f"{name}.txt", render_text(*PICTURES[name]) + "\n")


def test_the_picture_of_the_guide() -> None:
    assert render_text(*made.squares()).splitlines() == [
        "squares  COMPLETED  8/8  41 ms",
        "└─ SumOfSquares  COMPLETED  3 ms",
        "   ├─ Square x6  COMPLETED  2 ms   (Square(12) … Square(98))",
        "   └─ Sum  COMPLETED  1 ms   after 6",
    ]


def test_a_job_without_tasks() -> None:
    empty = JobMaker("empty")
    assert render_text(empty.job(), []) == "empty  COMPLETED  0/0  41 ms"


def test_a_job_that_waits_says_how_many_wait() -> None:
    job = JobMaker("waiting")
    for _ in range(4):
        job.add("Task", state=made.QUEUED)
    head = render_text(job.job(JobState.QUEUED), job.tasks).splitlines()[0]
    assert head == "waiting  QUEUED  0/4   4 QUEUED"


def test_a_failure_of_the_job_itself_is_told() -> None:
    job, tasks = made.squares()
    lost = replace(job, state=JobState.FAILED, failure=made.failure("CacheLostError", "gone"))
    assert render_text(lost, tasks).splitlines()[1] == "   CacheLostError: gone"
    waiting = replace(job, state=JobState.SUSPENDED, reason="Suspended")
    assert render_text(waiting, tasks).splitlines()[1] == "   Suspended"


def test_the_present_time_tells_how_long_things_run() -> None:
    job, tasks = made.fan(10, failed=0, running=2, queued=0)
    drawn = render_text(job, tasks, now=BEGIN + 75)
    assert drawn.splitlines()[0].startswith("fan  RUNNING  8/12  1 m 15 s")
    assert re.search(r"Square\(9\)  RUNNING  1 m 14 s", drawn)
    assert "1 m" not in render_text(job, tasks)


def test_colours_change_nothing_but_colours() -> None:
    job, tasks = made.nightly()
    coloured = render_text(job, tasks, color=True)
    assert "\x1b[32mCOMPLETED\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render_text(job, tasks)


def test_nothing_hostile_reaches_the_terminal() -> None:
    for drawn in (render_text(*made.hostile()), render_text(*made.hostile(), expand=True)):
        assert all(line.isprintable() for line in drawn.splitlines())
        drawn.encode("utf-8")


def test_expanded_every_task_has_a_line() -> None:
    job, tasks = made.fan(5_000)
    assert render_text(job, tasks, expand=True).count("\n") >= len(tasks)


def test_what_is_deep_keeps_to_the_width() -> None:
    lines = render_text(*made.nested(5_000), expand=True, width=80).splitlines()
    assert len(lines) == 5_001
    assert max(map(cells, lines)) <= 80
    assert "Countdown(1)  COMPLETED" in lines[-1]
    assert lines[-1].startswith("⋯5,000 ")


@pytest.mark.parametrize(
    "job",
    [
        made.fan(50_000),
        made.quadtree(7),
        made.chain(20_000),
        made.nested(20_000),
        made.assorted(20_000, failed=50),
        made.quadtree(6, failed=range(100, 5_000, 100)),
        made.fan(5_000, failed=1_000),
    ],
    ids=["fan", "quadtree", "chain", "nested", "assorted", "failed-tree", "failed-fan"],
)
def test_a_large_job_fits_and_names_its_failures(job: Made) -> None:
    drawn = render_text(*job)
    assert len(drawn.splitlines()) <= MOST_LINES
    failed = sum(task.state is made.FAILED for task in job[1])
    named = re.findall(r"  FAILED  .*: ", drawn)
    assert len(named) == min(failed, MOST_FAILURES)


@given(any_job(), st.integers(20, 160))
def test_no_picture_is_too_long_or_too_wide(tasks: list[TaskView], width: int) -> None:
    job = JobMaker("any").job()
    lines = render_text(job, tasks, width=width).splitlines()
    assert len(lines) <= MOST_LINES
    assert all(cells(line) <= width for line in lines)
