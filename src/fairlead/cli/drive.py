"""Working on a job in this process, with its progress on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext, redirect_stdout

import typer

from fairlead.cli import tally
from fairlead.cli.ending import end_with
from fairlead.cli.exits import ExitCode
from fairlead.cli.output import OutputFormat, note
from fairlead.cli.progress.follow import follow, followed
from fairlead.cli.progress.idle import IdleNotice
from fairlead.core.states import JobState
from fairlead.errors import FairleadError, InvalidRequestError
from fairlead.sdk.backend import Backend, JobView, RunnerOptions

LOOK_AGAIN = 0.1
"""Seconds between looks at a job that others run while they have nothing for this process."""


def drive_and_end(backend: Backend, job_id: str, output: OutputFormat) -> None:
    """Work on a job, print how it ended, and end the command with its exit code."""
    job = backend.job(job_id)
    if job.state not in tally.FINAL_JOBS:
        if job.driven:
            job = join_in(backend, job, output)
        else:
            # A session that nobody drives is closed and what it had queued is cancelled:
            # nothing of it runs, so its program is not needed.
            if job.closed:
                learn_program(job)
            job = drive(backend, job_id, output)
    end_with(backend, job, output)


def watch(backend: Backend, job: JobView) -> JobView:
    """Follow a job that others run until it has ended, and return it.

    Raises
    ------
    typer.Exit
        After Ctrl-C, which leaves the job running.
    """
    try:
        return follow(backend, job.id, IdleNotice(job.id))
    except KeyboardInterrupt:
        note(f"left {job.name} running; `fairlead jobs watch {job.id}` follows it again")
        raise typer.Exit(ExitCode.INTERRUPTED) from None


def join_in(backend: Backend, job: JobView, output: OutputFormat) -> JobView:
    """Help whoever runs a job until it has ended, or nobody else runs it, and return it.

    A job whose program cannot be imported here is only followed.
    """
    try:
        learn_program(job)
    except FairleadError:
        note(f"another process runs {job.name}; this follows it")
        return watch(backend, job)
    note(f"another process runs {job.name}; this helps it")
    try:
        with _prints(output), followed(backend, job.id):
            while job.driven and job.state not in tally.FINAL_JOBS:
                backend.run_all(RunnerOptions(), job_id=job.id)
                time.sleep(LOOK_AGAIN)
                job = backend.job(job.id)
    except KeyboardInterrupt:
        note(f"left {job.name} running; `fairlead jobs run {job.id}` helps it again")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    return job if job.state in tally.FINAL_JOBS else drive(backend, job.id, output)


def learn_program(job: JobView) -> None:
    """Import the program that submitted a job, so that its tasks can run here.

    Raises
    ------
    InvalidRequestError
        The job is suspended, or its tasks are in no file.
    ProgramError
        The program is not there any more, or cannot be imported.
    """
    if job.state is JobState.SUSPENDED:
        raise InvalidRequestError(
            f"the job {job.name!r} is suspended; `fairlead jobs resume {job.id}` comes first"
        )
    if job.program is None:
        raise InvalidRequestError(
            f"the tasks of the job {job.name!r} are in no file that could be imported (they come"
            " from a notebook or a prompt), so only the process that submitted it can run it"
        )
    from fairlead.runner.program import import_program

    import_program(job.program)


def drive(backend: Backend, job_id: str, output: OutputFormat) -> JobView:
    """Work on a job until nothing of it can run here any more, and return it.

    What tasks print goes to standard output, but not between the lines of an answer
    for programs: then it goes to standard error.  On Ctrl-C the backend puts back what
    runs and says how to go on.
    """
    with _prints(output), followed(backend, job_id):
        backend.run_all(RunnerOptions(), job_id=job_id)
    return backend.job(job_id)


def _prints(output: OutputFormat) -> AbstractContextManager[object]:
    return nullcontext() if output is OutputFormat.TABLE else redirect_stdout(sys.stderr)
