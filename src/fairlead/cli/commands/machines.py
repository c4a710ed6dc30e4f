"""``fairlead machines``: the machine groups that work can be sent to."""

from __future__ import annotations

from typing import Any

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit

COLUMNS = ("name", "size", "minimum", "maximum", "state", "running", "queued", "created")

machines = typer.Typer(
    name="machines", help="Groups of machines that work can be sent to.", no_args_is_help=True
)


@machines.command("list")
def list_machines(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """List the machine groups."""
    from fairlead.cli.words import local_time, timestamp

    found = open_backend(context).machines()
    emit(
        [{**group, "created": timestamp(group["created"])} for group in found],
        output,
        lambda: _table([{**group, "created": local_time(group["created"])} for group in found]),
    )


def _table(found: list[dict[str, Any]]) -> str:
    from fairlead.cli.table import render_answer

    return render_answer(
        [column.upper() for column in COLUMNS],
        [[str(group[column]) for column in COLUMNS] for group in found],
    )
