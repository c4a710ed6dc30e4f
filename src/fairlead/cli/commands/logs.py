"""``fairlead logs``: what a job or one task logged and printed."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit_each


def logs(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A job (id, start of the id, or name) or a task (id or the start of it).",
            show_default=False,
        ),
    ],
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Go on until it has ended; Ctrl-C leaves it running."),
    ] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print what a job or one task logged and printed, in the order it happened.

    With `--output json` each line is a JSON object.
    """
    from fairlead.cli.loglines import LogLines
    from fairlead.cli.lookup import job_or_task
    from fairlead.cli.records import log_record

    backend = open_backend(context)
    job_id, task_id = job_or_task(backend, what)
    lines = LogLines(backend, one_task=task_id is not None)
    for record in backend.logs(job_id=job_id, task_id=task_id, follow=follow):
        emit_each(log_record(record), output, partial(lines.line, record))
