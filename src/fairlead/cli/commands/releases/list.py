"""``fairlead releases list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.cluster import Namespace, open_cluster
from fairlead.cli.options import Output
from fairlead.cli.output import OutputFormat, emit

if TYPE_CHECKING:
    from fairlead.cli.releases.records import Object


def list_releases(
    context: typer.Context,
    everything: Annotated[
        bool,
        typer.Option("--all", "-a", help="Also those that running a program has published."),
    ] = False,
    program: Annotated[
        str | None,
        typer.Option("--program", help="Only those of this program.", show_default=False),
    ] = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List what is published, the newest first."""
    from fairlead.cli.releases.lookup import all_releases
    from fairlead.cli.releases.records import release_record

    found = [
        release
        for release in all_releases(open_cluster(context, namespace))
        if (everything or release["spec"].get("stage", "Published") == "Published")
        and program in (None, release["spec"].get("program"))
    ]
    emit([release_record(one) for one in found], output, lambda: _table(found))


def _table(found: list[Object]) -> str:
    from fairlead.cli.releases.records import release_record
    from fairlead.cli.table import render_answer
    from fairlead.cli.words import NOTHING

    records = map(release_record, found)
    return render_answer(
        ["NAME", "STAGE", "TASKS", "READY", "PROGRAM", "PUBLISHED", "DESCRIPTION"],
        [
            [
                record["name"],
                record["stage"].upper(),
                str(len(record["tasks"])),
                readiness(record["ready"]),
                record["program"] or NOTHING,
                record["created"] or NOTHING,
                record["description"] or NOTHING,
            ]
            for record in records
        ],
    )


def readiness(ready: bool | None) -> str:
    """Return in a word whether a Release can be used, as far as that is known."""
    return {True: "yes", False: "no", None: "-"}[ready]
