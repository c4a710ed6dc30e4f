"""``fairlead releases prune``: remove what running programs has published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.cluster import Namespace, open_cluster
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit

if TYPE_CHECKING:
    from fairlead.cli.releases.records import Object


def prune(
    context: typer.Context,
    days: Annotated[
        int,
        typer.Option("--days", min=0, help="Keep those that are younger than so many days."),
    ] = 7,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which would be removed.")
    ] = False,
    namespace: Namespace = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Remove old development releases, which running a program has published.

    The newest of each program stays, and so does any that an unfinished job asks for.  Those
    that were published by name are never touched.
    """
    from fairlead.cli.releases.lookup import all_releases, remove, unfinished_jobs
    from fairlead.cli.releases.prunable import prunable

    cluster = open_cluster(context, namespace)
    before = datetime.now(UTC) - timedelta(days=days)
    # The jobs are asked for last: one that is submitted meanwhile names a release.
    found = all_releases(cluster)
    old = prunable(found, set(unfinished_jobs(cluster)), before)
    for release in () if dry_run else old:
        remove(cluster, release)
    names = [release["metadata"]["name"] for release in old]
    emit({"removed": [] if dry_run else names, "found": names}, output, lambda: _text(old, dry_run))


def _text(old: list[Object], dry_run: bool) -> str:
    verb = "would remove" if dry_run else "removed"
    lines = [f"{verb} {release['metadata']['name']}" for release in old]
    return "\n".join(lines) if lines else "nothing to remove"
