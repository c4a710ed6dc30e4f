"""The objects that a release is in the cluster."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any, Literal

from fairlead.api import labels
from fairlead.api.meta import ObjectMeta
from fairlead.api.release import MAX_PACKAGE_BYTES, Archive, Package, Release, ReleaseSpec
from fairlead.errors import InvalidRequestError
from fairlead.releases.packaging import Packed

PART_BYTES = 512 * 1024
"""How much of an archive one ConfigMap holds: with base64 it stays far below 1 MiB."""

PART_KEY = "part"
"""The key of a ConfigMap's ``binaryData`` that holds its part."""

MAX_NAME = 63

Manifest = dict[str, Any]
Stage = Literal["Published", "Development"]


def dev_name(packed: Packed) -> str:
    """Return the name of the development release of exactly this code."""
    return content_name(packed, digits=16, prefix="dev-")


def content_name(packed: Packed, *, digits: int, prefix: str = "") -> str:
    """Return a name made of the program's and so many digits of its code's sum."""
    suffix = packed.sha256[:digits]
    plain = re.sub(r"[^a-z0-9]+", "-", packed.program.lower()).strip("-")
    room = MAX_NAME - len(f"{prefix}-{suffix}")
    return f"{prefix}{plain[:room].rstrip('-') or 'program'}-{suffix}"


def manifests(
    packed: Packed,
    name: str,
    namespace: str | None,
    *,
    stage: Stage = "Development",
    description: str | None = None,
    image: str | None = None,
    source: str | None = None,
) -> tuple[list[Manifest], Manifest]:
    """Return the ConfigMaps and the Release that publish a program.

    An archive that is too large for ConfigMaps has none; the Release names the place in the
    object store where it is to lie: :func:`archive_key`.

    Parameters
    ----------
    packed
        The program.
    name, namespace
        The Release's; without a namespace the objects name none.
    stage
        ``Development`` for what a run publishes by itself.
    description, source
        What is new, and what it was made from, for people.
    image
        The image that runs it; without one it is the installation's runner image.

    Raises
    ------
    InvalidRequestError
        If the name is none that a Release can have.
    """
    check_name(name)
    maps = list(_config_maps(packed, name, namespace)) if fits_in_cluster(packed) else []
    release = Release(
        metadata=ObjectMeta(name=name, namespace=namespace),
        spec=ReleaseSpec(
            image=image,
            package=_package(packed, maps) if maps else None,
            archive=None if maps else _archive(packed, namespace),
            tasks=packed.tasks,
            stage=stage,
            description=description,
            source=source,
            program=packed.program,
        ),
    )
    return maps, _bare(release)


def fits_in_cluster(packed: Packed) -> bool:
    """Return whether ConfigMaps can hold the archive."""
    return packed.size <= MAX_PACKAGE_BYTES


def archive_key(namespace: str | None, sha256: str) -> str:
    """Return where in the object store an archive lies."""
    return f"releases/{namespace or 'default'}/{sha256}.zip"


def check_name(name: str) -> None:
    """Raise unless a Release can have this name.

    Raises
    ------
    InvalidRequestError
        If it cannot.
    """
    if len(name) > MAX_NAME or not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name):
        raise InvalidRequestError(
            f"{name!r} cannot be the name of a Release; take up to {MAX_NAME} lower-case letters,"
            " digits, dashes and dots, such as flow-2"
        )


def _package(packed: Packed, maps: list[Manifest]) -> Package:
    names = [one["metadata"]["name"] for one in maps]
    return Package(config_maps=names, sha256=packed.sha256, size=packed.size)


def _archive(packed: Packed, namespace: str | None) -> Archive:
    key = archive_key(namespace, packed.sha256)
    return Archive(key=key, sha256=packed.sha256, size=packed.size)


def _config_maps(packed: Packed, name: str, namespace: str | None) -> Iterator[Manifest]:
    parts = range(0, packed.size, PART_BYTES)
    for number, start in enumerate(parts):
        part = packed.zip_bytes[start : start + PART_BYTES]
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(_part_name(name, packed.sha256, number), namespace)
            | {"labels": {labels.RELEASE: name}},
            "immutable": True,
            "binaryData": {PART_KEY: base64.b64encode(part).decode("ascii")},
        }


def _part_name(release: str, sha256: str, number: int) -> str:
    """Return a part's name; it tells what is in it, so that another's is never taken for it."""
    suffix = f"-{sha256[:12]}-{number}"
    return release[: MAX_NAME - len(suffix)].rstrip("-.") + suffix


def _bare(release: Release) -> Manifest:
    """Return the object without the empty parts of its metadata."""
    return release.to_dict() | {"metadata": _metadata(release.name, release.metadata.namespace)}


def _metadata(name: str, namespace: str | None) -> Manifest:
    return {"name": name} | ({"namespace": namespace} if namespace else {})
