"""``fairlead jobs``: see jobs, follow them, and change what becomes of them."""

from __future__ import annotations

import typer

from fairlead.cli.commands.jobs.change import cancel, delete, resume, suspend
from fairlead.cli.commands.jobs.list import list_jobs
from fairlead.cli.commands.jobs.run import retry, run
from fairlead.cli.commands.jobs.show import show
from fairlead.cli.commands.jobs.tree import tree
from fairlead.cli.commands.jobs.watch import watch

jobs = typer.Typer(
    name="jobs", help="See jobs, follow them, change what becomes of them.", no_args_is_help=True
)
jobs.command("list")(list_jobs)
jobs.command()(show)
jobs.command()(tree)
jobs.command()(watch)
jobs.command()(run)
jobs.command()(cancel)
jobs.command()(suspend)
jobs.command()(resume)
jobs.command()(retry)
jobs.command()(delete)
