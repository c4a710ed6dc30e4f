"""``fairlead releases rollback``: take a release back, so that the one before it runs again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead.cli.cluster import Namespace, open_cluster
from fairlead.cli.options import Output, ReleaseArgument
from fairlead.cli.output import OutputFormat, emit
from fairlead.errors import InvalidRequestError

if TYPE_CHECKING:
    from fairlead.cli.releases.succession import Successor


def rollback(
    context: typer.Context,
    release: ReleaseArgument,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Take it back although tasks or jobs will have nothing to run them."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would run its tasks then.")
    ] = False,
    namespace: Namespace = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Take a release back: it is deleted, and jobs take the one before it again.

    Tasks that run go on.  It is refused where a task would be left without any release, or
    where an unfinished job asks for this one by its name.
    """
    from fairlead.cli.releases.lookup import all_releases, one_release, remove, unfinished_jobs
    from fairlead.cli.releases.succession import successors

    cluster = open_cluster(context, namespace)
    found = one_release(cluster, release)
    after = successors(found, all_releases(cluster))
    users = unfinished_jobs(cluster).get(release, [])
    if not force and not dry_run:
        _refuse_if_needed(release, after, users)
    if not dry_run:
        remove(cluster, found)
    emit(
        {"name": release, "deleted": not dry_run, "jobs": users, "tasks": _records(after)},
        output,
        lambda: _text(release, after, users, dry_run=dry_run),
    )


def _refuse_if_needed(release: str, after: list[Successor], users: list[str]) -> None:
    alone = [f"{one.identifier} {one.version}" for one in after if one.release is None]
    if alone:
        raise InvalidRequestError(
            f"no other release has {', '.join(alone[:5])}: without {release} their tasks would"
            " wait; publish another first, or give --force"
        )
    if users:
        raise InvalidRequestError(
            f"unfinished jobs ask for {release} by name: {', '.join(users[:5])}; wait for them or"
            " cancel them, or give --force"
        )


def _records(after: list[Successor]) -> list[dict[str, str | None]]:
    return [one._asdict() for one in after]


def _text(release: str, after: list[Successor], users: list[str], *, dry_run: bool) -> str:
    from fairlead.cli.table import render_answer

    lines = [f"{'would take' if dry_run else 'took'} back {release}"]
    if users:
        lines.append(f"unfinished jobs that name it: {', '.join(users)}")
    if after:
        rows = [
            [one.identifier, one.version, one.release or "nothing", one.runs or "-"]
            for one in after
        ]
        lines.append(render_answer(["IDENTIFIER", "VERSION", "RUNS FROM NOW", "AS"], rows))
    return "\n".join(lines)
