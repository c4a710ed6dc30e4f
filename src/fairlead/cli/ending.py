"""The end of a command that waited for a job: the answer, then the exit code."""

from __future__ import annotations

import time

import typer

from fairlead.cli.exits import ExitCode
from fairlead.cli.output import OutputFormat, emit
from fairlead.core.states import JobState
from fairlead.sdk.backend import Backend, JobView


def print_job(backend: Backend, job: JobView, output: OutputFormat) -> None:
    """Print how a job stands, with what to do next."""
    from fairlead.cli.describe.job import describe_recorded
    from fairlead.cli.records import job_record

    now = time.time()
    emit(job_record(job, now), output, lambda: describe_recorded(backend, job, now))


def end_with(backend: Backend, job: JobView, output: OutputFormat) -> None:
    """Print how a job ended.

    Raises
    ------
    typer.Exit
        With code 1 if it did not end well.
    """
    print_job(backend, job, output)
    if job.state is not JobState.COMPLETED:
        raise typer.Exit(ExitCode.JOB_FAILED)
