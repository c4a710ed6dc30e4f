"""Brings the CustomResourceDefinitions into a cluster: by server-side apply, never deleting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.rest import Object, RestClient
from fairlead.errors import BackendError, BackendUnavailableError

_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_APPLY = "application/apply-patch+yaml"

PATIENCE = 60.0
"""Seconds until the API server has to serve a kind that it has accepted."""


class Applied(NamedTuple):
    """One definition that is in the cluster now, and whether that changed anything."""

    name: str
    change: str


def apply_definitions(rest: RestClient, *, dry_run: bool = False) -> list[Applied]:
    """Bring the definitions of all kinds into a cluster; return once it serves them.

    Parameters
    ----------
    rest
        The cluster.
    dry_run
        Whether the API server only checks them.

    Raises
    ------
    BackendError
        If a definition is refused, or its names are taken by another.
    BackendUnavailableError
        If the API server takes too long to serve one.
    """
    from fairlead.api.crds import all_crds

    applied = [_apply(rest, definition, dry_run) for definition in all_crds()]
    if not dry_run:
        for one in applied:
            _wait_until_served(rest, one.name)
    return applied


def _apply(rest: RestClient, definition: Object, dry_run: bool) -> Applied:
    name = definition["metadata"]["name"]
    before = _generation(rest, name)
    query = {"fieldManager": "fairlead", "force": "true"} | ({"dryRun": "All"} if dry_run else {})
    after = rest.request("PATCH", f"{_PATH}/{name}", definition, query=query, content_type=_APPLY)
    if before is None:
        return Applied(name, "created")
    changed = after["metadata"].get("generation") != before
    return Applied(name, "updated" if changed else "unchanged")


def _generation(rest: RestClient, name: str) -> int | None:
    """Return which generation of a definition is there; None if there is none."""
    try:
        return int(rest.request("GET", f"{_PATH}/{name}")["metadata"].get("generation", 0))
    except MissingError:
        return None


def _wait_until_served(rest: RestClient, name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        found = rest.request("GET", f"{_PATH}/{name}")
        states = dict(_conditions(found))
        if states.get("Established") == "True":
            return
        if states.get("NamesAccepted") == "False":
            raise BackendError(
                f"{name} is not served: another CustomResourceDefinition has one of its names;"
                f" see `kubectl describe crd {name}`"
            )
        if time.monotonic() > deadline:
            raise BackendUnavailableError(
                f"the API server has not begun to serve {name} within {PATIENCE:g} s; see"
                f" `kubectl describe crd {name}`"
            )
        time.sleep(0.1)


def _conditions(definition: Object) -> Iterator[tuple[str, str]]:
    for condition in (definition.get("status") or {}).get("conditions") or ():
        yield condition["type"], condition["status"]
