"""Which Release jobs would take if another were gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fairlead.cli.releases.records import Object, age
from fairlead.core import versions


class Successor(NamedTuple):
    """What runs one task of a Release once that is gone.

    Attributes
    ----------
    identifier, version
        The task, as the Release has it.
    release
        The Release that would run it; None where there is none.
    runs
        The version that this one has; None where there is none.
    """

    identifier: str
    version: str
    release: str | None
    runs: str | None


def successors(release: Object, others: Iterable[Object]) -> list[Successor]:
    """Return what would run each task of a Release that any job may name.

    Jobs take the highest version that is compatible, of those the newest Release: one that
    only the programs it came from may name is no successor.

    Parameters
    ----------
    release
        The one that goes.
    others
        All Releases of the namespace; the one that goes may be among them.
    """
    stay = [
        other
        for other in others
        if other["metadata"]["name"] != release["metadata"]["name"] and _is_published(other)
    ]
    return [_successor(task, stay) for task in release["spec"]["tasks"] if _is_global(task)]


def _successor(task: Mapping[str, str], stay: list[Object]) -> Successor:
    identifier, version = task["identifier"], task["version"]
    major = versions.parse(version).major
    fitting = [
        (versions.parse(other["version"]), age(release), release)
        for release in stay
        for other in release["spec"]["tasks"]
        if _is_global(other)
        and other["identifier"] == identifier
        and versions.parse(other["version"]).major == major
    ]
    if not fitting:
        return Successor(identifier, version, None, None)
    runs, _, chosen = max(fitting, key=lambda one: one[:2])
    return Successor(identifier, version, chosen["metadata"]["name"], str(runs))


def _is_published(release: Object) -> bool:
    return bool(release["spec"].get("stage", "Published") == "Published")


def _is_global(task: Mapping[str, str]) -> bool:
    return task.get("scope", "Global") == "Global"
