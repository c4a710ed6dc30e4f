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
