"""Finding Releases in a cluster, and the jobs that need them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from fairlead.cli.releases.records import Object, newest_first
from fairlead.errors import NotFoundError

if TYPE_CHECKING:
    from fairlead.cli.cluster import Cluster

UNFINISHED = ",".join(f"status.state!={state}" for state in ("Completed", "Failed", "Cancelled"))
"""Selects jobs that have not ended."""


def all_releases(cluster: Cluster) -> list[Object]:
    """Return all Releases of the namespace, the newest first."""
    from fairlead.backends.kubernetes.kinds import RELEASES

    return newest_first(cluster.rest.list(RELEASES, cluster.namespace))


def one_release(cluster: Cluster, name: str) -> Object:
    """Return the Release of a name.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    from fairlead.backends.kubernetes.kinds import RELEASES

    try:
        return cluster.rest.get(RELEASES, cluster.namespace, name)
    except NotFoundError:
        raise NotFoundError(
            f"no Release is called {name!r} in the namespace {cluster.namespace};"
            " `fairlead releases list --all` shows those there are"
        ) from None


def unfinished_jobs(cluster: Cluster) -> dict[str, list[str]]:
    """Return the names of unfinished jobs, by the Release that they name."""
    from fairlead.backends.kubernetes.kinds import JOBS

    users: dict[str, list[str]] = {}
    for job in cluster.rest.list(JOBS, cluster.namespace, fields=UNFINISHED):
        release = job["spec"].get("release")
        if release:
            users.setdefault(release, []).append(job["metadata"]["name"])
    return users


def remove(cluster: Cluster, release: Object) -> None:
    """Delete a Release and its ConfigMaps.

    These go with it anyway, unless whoever published it was ended before it said so.
    """
    from fairlead.backends.kubernetes.kinds import CONFIGMAPS, RELEASES

    metadata = release["metadata"]
    with suppress(NotFoundError):
        cluster.rest.delete(RELEASES, cluster.namespace, metadata["name"], uid=metadata["uid"])
    for name in (release["spec"].get("package") or {}).get("configMaps", ()):
        with suppress(NotFoundError):
            cluster.rest.delete(CONFIGMAPS, cluster.namespace, name)
