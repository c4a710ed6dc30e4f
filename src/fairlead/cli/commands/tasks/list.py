"""``fairlead tasks list``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Limit, Output
from fairlead.cli.output import OutputFormat, emit
from fairlead.core.states import TaskState
from fairlead.sdk.backend import Backend, TaskView


def list_tasks(
    context: typer.Context,
    id: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            help="Only the task with this id; may be given several times.",
            show_default=False,
        ),
    ] = None,
    job: Annotated[
        str | None,
        typer.Option(
            "--job", "-j", help="Only tasks of this job (id or name).", show_default=False
        ),
    ] = None,
    state: Annotated[
        list[TaskState] | None,
        typer.Option(
            "--state",
            "-s",
            help="Only tasks in this state; may be given several times.",
            case_sensitive=False,
            show_default=False,
        ),
    ] = None,
    limit: Limit = 100,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List tasks of all jobs, the newest first."""
    from fairlead.cli.records import task_record

    backend = open_backend(context)
    found = _find(backend, id or (), job, state or (), limit)
    now = time.time()
    emit([task_record(task, now) for task in found], output, lambda: _table(backend, found, now))


def _find(
    backend: Backend,
    ids: Sequence[str],
    job: str | None,
    states: Sequence[TaskState],
    limit: int,
) -> list[TaskView]:
    from fairlead.cli import lookup

    if ids:
        found = [lookup.task(backend, one) for one in ids]
        if job is not None:
            job_id = lookup.job_id(backend, job)
            found = [task for task in found if task.job_id == job_id]
    elif job is not None:
        found = list(reversed(backend.tasks(lookup.job_id(backend, job))))
    else:
        return backend.find_tasks(states=states, limit=limit)
    return [task for task in found if not states or task.state in states][:limit]


def _table(backend: Backend, found: Sequence[TaskView], now: float) -> str:
    from fairlead.cli.table import render_answer
    from fairlead.cli.words import duration, local_time, span

    jobs = {job_id: backend.job(job_id).name for job_id in {task.job_id for task in found}}
    return render_answer(
        ("ID", "IDENTIFIER", "STATE", "ATTEMPT", "STARTED", "DURATION", "JOB", "DISPLAY"),
        [
            (
                task.id,
                task.identifier,
                task.state.value,
                str(task.attempt),
                local_time(task.started),
                duration(span(task.started, task.ended, now)),
                jobs[task.job_id],
                task.display,
            )
            for task in found
        ],
    )
