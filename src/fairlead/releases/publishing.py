"""``publish``: a packed program comes into the cluster.

The ConfigMaps are made before the Release, so that whoever sees a Release can run it, and
come to belong to it afterwards, so that they go with it.  Each step may be repeated: what
is there already is what would be made.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from fairlead.api.meta import API_VERSION
from fairlead.backends.kubernetes.errors import ExistsError, MissingError
from fairlead.backends.kubernetes.kinds import CONFIGMAPS, RELEASES, Kind
from fairlead.errors import ReleaseError
from fairlead.releases.objects import Manifest, Stage, archive_key, fits_in_cluster, manifests
from fairlead.releases.packaging import Packed


class Api(Protocol):
    """What is asked of the cluster."""

    def get(self, kind: Kind, namespace: str, name: str) -> Manifest: ...

    def create(self, kind: Kind, namespace: str, body: Mapping[str, Any]) -> Manifest: ...

    def patch(self, kind: Kind, namespace: str, name: str, body: Mapping[str, Any]) -> Manifest: ...


class Store(Protocol):
    """Where archives lie that are too large for the cluster."""

    def put(self, key: str, data: bytes) -> None: ...


@dataclass(frozen=True)
class Published:
    """A Release that is in the cluster now, and whether it was made just now."""

    name: str
    is_new: bool


def publish(
    api: Api,
    packed: Packed,
    name: str,
    namespace: str,
    *,
    store: Store | None = None,
    stage: Stage = "Development",
    description: str | None = None,
    image: str | None = None,
    source: str | None = None,
) -> Published:
    """Bring a packed program into the cluster, unless it is there already.

    Parameters
    ----------
    api
        The cluster.
    packed
        The program.
    name, namespace
        The Release's.
    store
        The object store, for an archive that is too large for the cluster.
    stage, description, image, source
        As for :func:`fairlead.releases.objects.manifests`.

    Raises
    ------
    ReleaseError
        If a Release of that name holds other code, or the archive has no place.
    """
    maps, release = manifests(
        packed, name, namespace, stage=stage, description=description, image=image, source=source
    )
    known = _known(api, namespace, name)
    if known is not None:
        _check_same(known, packed, name)
        if not _is_broken(known):
            return Published(name, is_new=False)
    _put_code(api, packed, namespace, maps, store)
    made = known or _create(api, packed, namespace, release)
    _give_to(api, namespace, made, maps)
    return Published(name, is_new=known is None)


def _known(api: Api, namespace: str, name: str) -> Manifest | None:
    try:
        return api.get(RELEASES, namespace, name)
    except MissingError:
        return None


def _check_same(known: Manifest, packed: Packed, name: str) -> None:
    spec = known["spec"]
    held = spec.get("package") or spec.get("archive") or {}
    if held.get("sha256") != packed.sha256:
        when = known["metadata"].get("creationTimestamp", "")
        raise ReleaseError(
            f"the Release {name} holds other code, published {when}; it cannot be changed:"
            " publish under another name"
        )


def _is_broken(known: Manifest) -> bool:
    """Return whether the operator found the Release wanting, such as a ConfigMap of it."""
    conditions = (known.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "False" for one in conditions)


def _put_code(
    api: Api, packed: Packed, namespace: str, maps: list[Manifest], store: Store | None
) -> None:
    if not fits_in_cluster(packed):
        _store(store).put(archive_key(namespace, packed.sha256), packed.zip_bytes)
    for body in maps:
        with suppress(ExistsError):  # its name tells what is in it
            api.create(CONFIGMAPS, namespace, body)


def _store(store: Store | None) -> Store:
    if store is None:
        raise ReleaseError(
            "the program is too large to be held in the cluster itself: more than 900 KiB of"
            " code; set FAIRLEAD_STORE to the URL of the installation's object store"
        )
    return store


def _create(api: Api, packed: Packed, namespace: str, release: Manifest) -> Manifest:
    name = release["metadata"]["name"]
    try:
        return api.create(RELEASES, namespace, release)
    except ExistsError:
        made = api.get(RELEASES, namespace, name)
        _check_same(made, packed, name)
        return made


def _give_to(api: Api, namespace: str, release: Manifest, maps: list[Manifest]) -> None:
    """Have the ConfigMaps removed together with their Release."""
    owner = {
        "apiVersion": API_VERSION,
        "kind": "Release",
        "name": release["metadata"]["name"],
        "uid": release["metadata"]["uid"],
        "blockOwnerDeletion": False,
    }
    for body in maps:
        change = {"metadata": {"ownerReferences": [owner]}}
        api.patch(CONFIGMAPS, namespace, body["metadata"]["name"], change)
