"""``fairlead crds``: the kinds that Fairlead adds to a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from fairlead.cli.cluster import open_cluster
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, dump, emit

crds = typer.Typer(
    name="crds",
    help="The CustomResourceDefinitions: the kinds that Fairlead adds to a cluster.",
    no_args_is_help=True,
)


@crds.command("print")
def print_crds(output: Output = OutputFormat.YAML) -> None:
    """Print them, for `kubectl apply --server-side -f -` or a repository."""
    from fairlead.api.crds import all_crds

    if output is OutputFormat.YAML:
        print("\n---\n".join(dump(definition, output) for definition in all_crds()))
    else:
        whole = {"apiVersion": "v1", "kind": "List", "items": all_crds()}
        emit(whole, output, lambda: "\n".join(one["metadata"]["name"] for one in all_crds()))


@crds.command()
def apply(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Let the API server check them, and change nothing.")
    ] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Bring them into a cluster, or up to this version; nothing is ever deleted.

    It is done by server-side apply, and ends once the API server serves every kind.
    """
    from fairlead.backends.kubernetes.definitions import apply_definitions

    applied = apply_definitions(open_cluster(context).rest, dry_run=dry_run)
    emit(
        [one._asdict() for one in applied],
        output,
        lambda: "\n".join(f"{one.name} {one.change}" for one in applied),
    )
