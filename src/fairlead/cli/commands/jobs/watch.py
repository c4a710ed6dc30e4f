"""``fairlead jobs watch``."""

from __future__ import annotations

import typer

from fairlead.cli.exits import ExitCode
from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArgument, Output
from fairlead.cli.output import OutputFormat, note


def watch(context: typer.Context, job: JobArgument, output: Output = OutputFormat.TABLE) -> None:
    """Follow a job until it has ended; Ctrl-C leaves it running.

    The progress goes to standard error, the job as it ended to standard output.
    The exit code is 1 if the job failed or was cancelled.
    """
    from fairlead.cli import lookup
    from fairlead.cli.ending import end_with
    from fairlead.cli.progress.follow import follow
    from fairlead.cli.progress.idle import IdleNotice

    backend = open_backend(context)
    job_id = lookup.job_id(backend, job)
    try:
        view = follow(backend, job_id, IdleNotice(job))
    except KeyboardInterrupt:
        note(f"left {job} running; `fairlead jobs watch {job}` follows it again")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    end_with(backend, view, output)
