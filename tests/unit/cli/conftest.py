"""Records made up for the tests of what the command line prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, TaskView

NOW = 1_800_000_000.0

JOB = JobView(
    id="0job0000000000000000000000",
    name="nightly",
    state=JobState.RUNNING,
    reason=None,
    failure=None,
    run=1,
    closed=True,
    style="job",
    program="/home/me/nightly.py",
    machine_group=None,
    created=NOW - 61,
    started=NOW - 60,
    ended=None,
    counts={},
    lineage=None,
    driven=True,
)

TASK = TaskView(
    id="0task000000000000000000000",
    job_id=JOB.id,
    parent_id=None,
    key=None,
    identifier="acme.example/Enrich",
    version="v1.0",
    display="Enrich",
    state=TaskState.RUNNING,
    reason=None,
    attempt=1,
    max_retries=0,
    optional=False,
    depends_on=(),
    created=NOW - 60,
    started=NOW - 50,
    ended=None,
    run=1,
    machine_size=None,
    progress=(),
    failure=None,
    status_text=None,
)


@pytest.fixture
def now() -> float:
    """Return the moment at which all made-up records are looked at."""
    return NOW


@pytest.fixture
def job() -> Callable[..., JobView]:
    """Return a maker of jobs that differ from a running one in what is given."""

    def make(**changes: Any) -> JobView:
        return replace(JOB, **changes)

    return make


@pytest.fixture
def task() -> Callable[..., TaskView]:
    """Return a maker of tasks that differ from a running one in what is given."""

    def make(**changes: Any) -> TaskView:
        return replace(TASK, **changes)

    return make
