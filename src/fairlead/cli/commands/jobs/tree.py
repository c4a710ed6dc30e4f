"""``fairlead jobs tree``."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import JobArgument, Output
from fairlead.cli.output import OutputFormat, emit, note


def tree(
    context: typer.Context,
    job: JobArgument,
    expand: Annotated[
        bool, typer.Option("--expand", help="Show every task, also where many are alike.")
    ] = False,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg",
            metavar="FILE",
            help="Draw the tree into this file as an SVG picture instead.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show a job's tasks as a tree: who made whom, who waited for whom, and how it ended."""
    from fairlead.cli import lookup
    from fairlead.cli.records import job_record, task_record
    from fairlead.cli.table import colourful
    from fairlead.sdk.display import render_svg, render_text

    backend = open_backend(context)
    job_id = lookup.job_id(backend, job)
    view, tasks = backend.job(job_id), backend.tasks(job_id)
    if svg is not None:
        write_file(svg, render_svg(view, tasks))
        note(f"{svg} written")
        return
    now = time.time()
    emit(
        {**job_record(view, now), "tree": [task_record(task, now) for task in tasks]},
        output,
        lambda: render_text(
            view,
            tasks,
            width=shutil.get_terminal_size((100, 24)).columns,
            color=colourful(sys.stdout),
            expand=expand,
            now=now,
        ),
    )


def write_file(path: Path, text: str) -> None:
    """Write a text file; say in one line why it cannot be written."""
    from fairlead.errors import InvalidRequestError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRequestError(
            f"{path} cannot be written: {reason}; name a file in a folder that can"
        ) from error
