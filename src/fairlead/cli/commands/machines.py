"""``fairlead machines``: the machine groups that work can be sent to."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

import typer

from fairlead.cli.invocation import open_backend
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit
from fairlead.errors import InvalidRequestError, NotFoundError
from fairlead.sdk.backend import Backend

COLUMNS = ("name", "size", "minimum", "maximum", "state", "running", "queued", "created")

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

machines = typer.Typer(
    name="machines", help="Groups of machines that work can be sent to.", no_args_is_help=True
)


SizeArgument = Annotated[
    str,
    typer.Argument(
        metavar="SIZE", help="The size of each machine, such as small.", show_default=False
    ),
]

NamesArgument = Annotated[
    list[str], typer.Argument(metavar="GROUP...", help="The groups' names.", show_default=False)
]


@machines.command()
def start(
    context: typer.Context,
    size: SizeArgument,
    minimum: Annotated[
        int, typer.Option("--min", min=0, help="How many machines are kept at least.")
    ] = 1,
    maximum: Annotated[
        int | None,
        typer.Option("--max", min=1, help="How many there may be; else as many as --min."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="The group's name; else the size's, with some letters that make it unique.",
            show_default=False,
        ),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start a group of machines, which stays until it is terminated."""
    maximum = max(minimum, 1) if maximum is None else maximum
    name = name or f"{size}-{os.urandom(4).hex()}"
    backend = open_backend(context)
    _check_new(backend, name, size, minimum, maximum)
    backend.start_machines(name, size, minimum, maximum)
    emit(
        {"name": name, "size": size, "minimum": minimum, "maximum": maximum},
        output,
        lambda: f"started {name}; `fairlead machines terminate {name}` ends it",
    )


@machines.command()
def terminate(
    context: typer.Context, groups: NamesArgument, output: Output = OutputFormat.TABLE
) -> None:
    """Terminate groups: what runs on them is finished, nothing more starts."""
    backend = open_backend(context)
    known = {group["name"] for group in backend.machines()}
    for name in groups:
        if name not in known:
            raise NotFoundError(
                f"no machine group is called {name!r}; `fairlead machines list` shows those there"
                " are"
            )
    for name in dict.fromkeys(groups):
        backend.terminate_machines(name)
    emit(
        [{"name": name} for name in groups],
        output,
        lambda: "\n".join(f"terminated {name}" for name in groups),
    )


def _check_new(backend: Backend, name: str, size: str, minimum: int, maximum: int) -> None:
    if maximum < minimum:
        raise InvalidRequestError(f"--min {minimum} is above --max {maximum}; turn them round")
    for given in (name, size):
        if not NAME.fullmatch(given):
            raise InvalidRequestError(
                f"{given!r} cannot be the name of a group or size; take up to 63 lower-case"
                " letters, digits and dashes"
            )
    if any(group["name"] == name for group in backend.machines()):
        raise InvalidRequestError(
            f"there is a machine group {name!r} already; leave --name out, or take another"
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
