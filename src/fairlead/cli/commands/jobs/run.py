"""``fairlead jobs run|retry``: work on a job in this process."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArgument, Output
from fairlead.cli.output import OutputFormat, note


def run(context: typer.Context, job: JobArgument, output: Output = OutputFormat.TABLE) -> None:
    """Go on with a job here, until nothing of it can run any more.

    The program that submitted it is imported, so that its tasks are known.  Tasks that
    are recorded as finished are not run again.  The exit code is 1 if the job fails.
    """
    from fairlead.cli import lookup
    from fairlead.cli.drive import drive_and_end

    backend = open_backend(context)
    drive_and_end(backend, lookup.job_id(backend, job), output)


def retry(
    context: typer.Context,
    job: JobArgument,
    here: Annotated[
        bool,
        typer.Option(
            "--run/--no-run",
            help="Whether to run the job here now, if nobody else does.",
        ),
    ] = True,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Run again what did not succeed in a failed or cancelled job; the rest is kept."""
    from fairlead.cli import lookup
    from fairlead.cli.drive import drive_and_end
    from fairlead.cli.ending import print_job
    from fairlead.cli.words import count

    backend = open_backend(context)
    job_id = lookup.job_id(backend, job)
    again = backend.retry_job(job_id)
    view = backend.job(job_id)
    note(f"{view.name}: {count(again, 'task')} of {sum(view.counts.values())} to run again")
    if here and view.program and not view.driven:
        drive_and_end(backend, job_id, output)
    else:
        print_job(backend, view, output)
