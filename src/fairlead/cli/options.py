"""Options and arguments that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.output import OutputFormat
from fairlead.cli.suggest import job_names, task_ids

Output = Annotated[
    OutputFormat,
    typer.Option(
        "--output",
        "-o",
        help="How to print the answer: a table for people, JSON or YAML for programs.",
        case_sensitive=False,
    ),
]

JobArgument = Annotated[
    str,
    typer.Argument(
        metavar="JOB",
        help="The job: its id, the start of its id, or its name (the newest of that name).",
        show_default=False,
        autocompletion=job_names,
    ),
]

JobArguments = Annotated[
    list[str],
    typer.Argument(
        metavar="JOB...",
        help="The jobs: ids, starts of ids, or names (the newest of that name).",
        show_default=False,
        autocompletion=job_names,
    ),
]

TaskArgument = Annotated[
    str,
    typer.Argument(metavar="TASK", help="The task: its id or the start of it.", show_default=False),
]

TaskArguments = Annotated[
    list[str],
    typer.Argument(
        metavar="TASK...",
        help="The tasks: their ids or the starts of them.",
        show_default=False,
        autocompletion=task_ids,
    ),
]

Limit = Annotated[
    int, typer.Option("--limit", "-n", min=1, help="How many to show at most, the newest first.")
]

ReleaseArgument = Annotated[
    str,
    typer.Argument(metavar="RELEASE", help="The Release: its name.", show_default=False),
]

ProgramArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE[:NAME]",
        help="A Python file, and which of its tasks: a class or function.  Without a name"
        " it is the only task, or the one that no other task of the file uses.",
        show_default=False,
    ),
]

Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        "-i",
        metavar="JSON",
        help="The task's fields as a JSON object; @FILE reads a file, - standard input.",
        show_default=False,
    ),
]

JobName = Annotated[
    str | None,
    typer.Option("--name", help="The job's name; else the task's.", show_default=False),
]

MaxRetries = Annotated[
    int, typer.Option("--max-retries", min=0, help="How often a failed task is tried again.")
]
