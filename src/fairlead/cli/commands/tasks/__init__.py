"""``fairlead tasks``: see tasks, fetch their files, end them."""

from __future__ import annotations

import typer

from fairlead.cli.commands.tasks.files import download, list_files
from fairlead.cli.commands.tasks.info import info
from fairlead.cli.commands.tasks.kill import kill
from fairlead.cli.commands.tasks.list import list_tasks

tasks = typer.Typer(
    name="tasks", help="See tasks, fetch the files they wrote, end them.", no_args_is_help=True
)
tasks.command("list")(list_tasks)
tasks.command()(info)
tasks.command("list-files")(list_files)
tasks.command()(download)
tasks.command()(kill)
