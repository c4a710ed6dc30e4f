"""``fairlead releases``: code in the cluster, for jobs to run."""

from __future__ import annotations

import typer

from fairlead.cli.commands.releases.list import list_releases
from fairlead.cli.commands.releases.prune import prune
from fairlead.cli.commands.releases.publish import publish
from fairlead.cli.commands.releases.rollback import rollback
from fairlead.cli.commands.releases.show import show

releases = typer.Typer(
    name="releases",
    help="Publish code to a cluster, see what is published, and take it back.",
    no_args_is_help=True,
)
releases.command()(publish)
releases.command("list")(list_releases)
releases.command()(show)
releases.command()(rollback)
releases.command()(prune)
