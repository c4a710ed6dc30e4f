"""Submitting one task as a job of its own, running it here, and answering with its result."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Unpack

import typer

from fairlead.cli.exits import ExitCode
from fairlead.cli.invocation import Invocation
from fairlead.cli.output import OutputFormat, dump, emit, note
from fairlead.core.states import JobState
from fairlead.sdk.backend import Backend, JobView
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.options import Options


def run_task(
    invocation: Invocation,
    definition: TaskDefinition,
    values: dict[str, Any],
    name: str,
    max_retries: int,
    output: OutputFormat,
) -> None:
    """Submit a task, run its job here, and print its result.

    Raises
    ------
    typer.Exit
        With code 1 if the job did not end well.
    """
    from fairlead.cli.drive import drive
    from fairlead.sdk.bound import Bound
    from fairlead.sdk.client import Client

    backend = invocation.backend()
    bound = Bound(definition, values)
    job_id = Client(backend).jobs().submit(name, bound, max_retries=max_retries).id
    _answer(backend, drive(backend, job_id, output), output)


def submit_task(
    invocation: Invocation,
    definition: TaskDefinition,
    values: dict[str, Any],
    name: str,
    output: OutputFormat,
    **options: Unpack[Options],
) -> None:
    """Submit a task as a job, print the job, and leave it."""
    from fairlead.cli.records import job_record
    from fairlead.sdk.bound import Bound
    from fairlead.sdk.client import Client

    backend = invocation.backend()
    job_id = Client(backend).jobs().submit(name, Bound(definition, values), **options).id
    view = backend.job(job_id)
    emit(
        job_record(view, time.time()),
        output,
        lambda: f"{view.id}\n`fairlead jobs watch {view.id}` follows it",
    )


def _answer(backend: Backend, job: JobView, output: OutputFormat) -> None:
    from fairlead.cli.describe.job import describe_recorded
    from fairlead.cli.records import job_record

    now = time.time()
    result = _result(backend, job) if job.state is JobState.COMPLETED else None
    if output is not OutputFormat.TABLE:
        print(dump({**job_record(job, now), "result": result}, output))
    elif job.state is not JobState.COMPLETED:
        note(describe_recorded(backend, job, now, stream=sys.stderr))
    elif result is not None:
        print(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))
    if job.state is not JobState.COMPLETED:
        raise typer.Exit(ExitCode.JOB_FAILED)


def _result(backend: Backend, job: JobView) -> Any:
    root = next(task for task in backend.tasks(job.id) if task.parent_id is None)
    data = backend.result(root.id)
    return None if data is None else json.loads(data)
