"""``fairlead jobs show``."""

from __future__ import annotations

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArgument, Output
from fairlead.cli.output import OutputFormat


def show(context: typer.Context, job: JobArgument, output: Output = OutputFormat.TABLE) -> None:
    """Show how a job stands, why it failed if it did, and what to do next."""
    from fairlead.cli import lookup
    from fairlead.cli.ending import print_job

    backend = open_backend(context)
    print_job(backend, backend.job(lookup.job_id(backend, job)), output)
