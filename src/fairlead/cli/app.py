"""The tree of commands.  Each group is a module of its own under ``commands``."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.commands.completion import completion
from fairlead.cli.commands.crds import crds
from fairlead.cli.commands.jobs import jobs
from fairlead.cli.commands.logs import logs
from fairlead.cli.commands.machines import machines
from fairlead.cli.commands.releases import releases
from fairlead.cli.commands.run import run
from fairlead.cli.commands.submit import submit
from fairlead.cli.commands.tasks import tasks
from fairlead.cli.invocation import Invocation

app = typer.Typer(
    name="fairlead",
    help="Run trees and graphs of Python tasks, and see how they fare.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run)
app.command()(submit)
app.add_typer(jobs)
app.add_typer(tasks)
app.command()(logs)
app.add_typer(machines)
app.add_typer(releases)
app.add_typer(crds)
app.command()(completion)


def _print_version(wanted: bool) -> None:
    if wanted:
        from fairlead import __version__

        print(f"fairlead {__version__}")
        raise typer.Exit


@app.callback()
def whole(
    context: typer.Context,
    backend: Annotated[
        str | None,
        typer.Option(
            help="Where jobs are kept and run: local or kubernetes.  Without it the"
            " environment variable FAIRLEAD_BACKEND decides, and else it is local.",
            show_default=False,
        ),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error, too.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and end.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Run trees and graphs of Python tasks, and see how they fare."""
    invocation = context.ensure_object(Invocation)
    invocation.backend_name = backend
    invocation.debug = debug
