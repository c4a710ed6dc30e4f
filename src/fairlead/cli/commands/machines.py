"""``fairlead machines``: the machine groups that work can be sent to."""

from __future__ import annotations

from typing import Any

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit

machines = typer.Typer(
    name="machines", help="Groups of machines that work can be sent to.", no_args_is_help=True
)


@machines.command("list")
def list_machines(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """List the machine groups."""
    found = open_backend(context).machines()
    emit(found, output, lambda: _table(found))


def _table(found: list[dict[str, Any]]) -> str:
    from fairlead.cli.table import render_table

    # The backend says which facts it has; the first group names them all.
    headings = list(found[0]) if found else ["name", "size", "state"]
    return render_table(
        [heading.upper().replace("_", " ") for heading in headings],
        [
            ["-" if group.get(key) is None else str(group[key]) for key in headings]
            for group in found
        ],
    )
