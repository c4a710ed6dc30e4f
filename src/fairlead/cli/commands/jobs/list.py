"""``fairlead jobs list``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Limit, Output
from fairlead.cli.output import OutputFormat, emit
from fairlead.core.states import JobState
from fairlead.sdk.backend import JobView


def list_jobs(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--name", help="Only jobs with this name.", show_default=False)
    ] = None,
    state: Annotated[
        list[JobState] | None,
        typer.Option(
            "--state",
            "-s",
            help="Only jobs in this state; may be given several times.",
            case_sensitive=False,
            show_default=False,
        ),
    ] = None,
    limit: Limit = 100,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List jobs, the newest first."""
    from fairlead.cli.records import job_record

    found = open_backend(context).jobs(name=name, states=state or (), limit=limit)
    now = time.time()
    emit([job_record(job, now) for job in found], output, lambda: _table(found, now))


def _table(found: Sequence[JobView], now: float) -> str:
    from fairlead.cli import tally
    from fairlead.cli.table import render_answer
    from fairlead.cli.words import duration, local_time, span
    from fairlead.core.states import TaskState

    return render_answer(
        ("ID", "NAME", "STATE", "PROGRESS", "RUNNING", "FAILED", "CREATED", "DURATION"),
        [
            (
                job.id,
                job.name,
                job.state.value,
                tally.progress(job.counts),
                str(job.counts.get(TaskState.RUNNING, 0)),
                str(tally.add_up(job.counts, TaskState.FAILED, TaskState.FAILED_OPTIONAL)),
                local_time(job.created),
                duration(span(job.started, job.ended, now)),
            )
            for job in found
        ],
    )
