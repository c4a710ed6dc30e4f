"""Which development releases nobody needs any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from fairlead.cli.releases.records import Object, newest_first


def prunable(releases: Sequence[Object], needed: Collection[str], before: datetime) -> list[Object]:
    """Return the development releases that may go, the newest first.

    Parameters
    ----------
    releases
        All Releases of a namespace.
    needed
        Names of those that unfinished jobs ask for.
    before
        Only what was published before this moment goes.
    """
    newest: set[str | None] = set()
    gone = []
    for release in newest_first(list(releases)):
        spec, metadata = release["spec"], release["metadata"]
        if spec.get("stage") != "Development":
            continue
        is_newest = spec.get("program") not in newest
        newest.add(spec.get("program"))
        published = datetime.fromisoformat(metadata["creationTimestamp"])
        if not is_newest and metadata["name"] not in needed and published < before:
            gone.append(release)
    return gone
