"""``fairlead jobs watch``."""

from __future__ import annotations

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArgument, Output
from fairlead.cli.output import OutputFormat


def watch(context: typer.Context, job: JobArgument, output: Output = OutputFormat.TABLE) -> None:
    """Follow a job until it has ended; Ctrl-C leaves it running.

    The progress goes to standard error, the job as it ended to standard output.
    The exit code is 1 if the job failed or was cancelled.
    """
    from fairlead.cli import lookup
    from fairlead.cli.drive import watch as watch_job
    from fairlead.cli.ending import end_with

    backend = open_backend(context)
    view = backend.job(lookup.job_id(backend, job))
    end_with(backend, watch_job(backend, view), output)
