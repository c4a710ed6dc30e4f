"""``fairlead tasks info``."""

from __future__ import annotations

import sys
import time

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output, TaskArgument
from fairlead.cli.output import OutputFormat, emit


def info(context: typer.Context, task: TaskArgument, output: Output = OutputFormat.TABLE) -> None:
    """Show everything that is recorded about a task: attempts, failure, files, metadata."""
    from fairlead.cli import lookup
    from fairlead.cli.describe.task import describe_task
    from fairlead.cli.records import attempt_record, task_record
    from fairlead.cli.table import colourful

    backend = open_backend(context)
    view = lookup.task(backend, task)
    attempts, metadata = backend.attempts(view.id), backend.metadata(view.id)
    files = backend.files(view.id)
    now = time.time()
    data = {
        **task_record(view, now),
        "queue_position": backend.queue_position(view.id),
        "attempts": [attempt_record(attempt, now) for attempt in attempts],
        "metadata": metadata,
        "files": files,
    }
    emit(
        data,
        output,
        lambda: describe_task(
            view,
            backend.job(view.job_id),
            attempts,
            metadata,
            files,
            now,
            color=colourful(sys.stdout),
        ),
    )
