"""``fairlead tasks list-files|download``: the files that a task left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output, TaskArgument
from fairlead.cli.output import OutputFormat, emit, note


def list_files(
    context: typer.Context, task: TaskArgument, output: Output = OutputFormat.TABLE
) -> None:
    """List the files that a task wrote, one to a line."""
    from fairlead.cli import lookup

    backend = open_backend(context)
    _answer(backend.files(lookup.task(backend, task).id), output, "the task wrote no files")


def download(
    context: typer.Context,
    task: TaskArgument,
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="The folder to copy into, made if need be; else one named like the task's id.",
            show_default=False,
            file_okay=False,
        ),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Copy the files that a task wrote into a folder, and list the copies."""
    from fairlead.cli import lookup

    backend = open_backend(context)
    task_id = lookup.task(backend, task).id
    written = backend.download(task_id, str(target or Path(task_id)))
    _answer(written, output, "the task wrote no files; nothing was copied")


def _answer(paths: list[str], output: OutputFormat, nothing: str) -> None:
    if output is OutputFormat.TABLE and not paths:
        note(nothing)
        return
    emit(paths, output, lambda: "\n".join(paths))
