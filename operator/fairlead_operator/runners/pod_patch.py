"""The pod patch of a MachineSize: what it may say, and how it is merged.

It is merged as Kubernetes merges strategically: objects field by field, the lists below by
what names their items, other lists as a whole, null takes away.  Only what is listed in
:data:`ALLOWED` may be in it at all.  Nothing there bears on security, so a pod stays within
the restricted profile whatever is patched; a patch that names anything else is refused as
a whole, and the size says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from fairlead_operator.runners.layout import (
    CONTAINER,
    OWN_PREFIX,
    OWN_VARIABLES,
    RESERVED_PATHS,
    VARIABLE_PREFIX,
)

ANY: Mapping[str, Any] = {}
"""Stands for a field below which everything is allowed."""

VOLUME_SOURCES = (
    "name",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
"""What a volume may be: what the restricted profile admits."""

ALLOWED: Mapping[str, Any] = {
    "metadata": {"labels": ANY, "annotations": ANY},
    "spec": {
        "nodeSelector": ANY,
        "affinity": ANY,
        "tolerations": ANY,
        "topologySpreadConstraints": ANY,
        "schedulerName": ANY,
        "schedulingGates": ANY,
        "priorityClassName": ANY,
        "preemptionPolicy": ANY,
        "runtimeClassName": ANY,
        "imagePullSecrets": ANY,
        "dnsPolicy": ANY,
        "dnsConfig": ANY,
        "hostAliases": ANY,
        "resourceClaims": ANY,
        "volumes": {"[]": dict.fromkeys(VOLUME_SOURCES, ANY)},
        "containers": {
            "[]": {
                "name": ANY,
                "env": ANY,
                "envFrom": ANY,
                "volumeMounts": ANY,
                "volumeDevices": ANY,
                "resources": {"claims": ANY},
            }
        },
    },
}
"""The fields that a patch may name; ``[]`` stands for the items of a list."""

MERGE_KEYS: Mapping[str, str] = {
    "containers": "name",
    "env": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "resourceClaims": "name",
    "schedulingGates": "name",
    "topologySpreadConstraints": "topologyKey",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""List -> the field that tells its items apart.  Other lists are replaced as a whole."""

_SECURITY_ANNOTATIONS = ("container.apparmor.security.", "container.seccomp.security.", "seccomp.")


def merged(pod: dict[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pod with a patch merged over it.  The patch must have no :func:`problems`."""
    return _merge_objects(pod, patch)


def _merge_objects(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    made = deepcopy(dict(below))
    for name, value in above.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, Mapping):
            there = made.get(name)
            made[name] = _merge_objects(there if isinstance(there, Mapping) else {}, value)
        elif isinstance(value, list) and name in MERGE_KEYS:
            made[name] = _merge_lists(made.get(name) or [], value, MERGE_KEYS[name])
        else:
            made[name] = deepcopy(value)
    return made


def _merge_lists(below: list[Any], above: list[Any], key: str) -> list[Any]:
    made = {item[key]: item for item in deepcopy(below)}
    for item in above:
        made[item[key]] = _merge_objects(made.get(item[key], {}), item)
    return list(made.values())


# --- what is refused -------------------------------------------------------------------


def problems(patch: Mapping[str, Any]) -> tuple[str, ...]:
    """Return, in words, everything in a patch that may not be there."""
    shape = tuple(_shape(patch, ALLOWED, "podPatch"))
    # The rest looks into what has the right shape only.
    return shape or tuple(_content(patch))


def _shape(value: Any, allowed: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield what is not allowed, or is not of the type that merging needs."""
    if value is None:
        return
    if "[]" in allowed:
        if not isinstance(value, list):
            yield f"{path} must be a list"
            return
        for number, item in enumerate(value):
            if item is None:
                yield f"{path}[{number}] must be an object"
            yield from _shape(item, allowed["[]"], f"{path}[{number}]")
    elif allowed is ANY:
        yield from _directives(value, path)
        yield from _named_items(value, path.rpartition(".")[2], path)
    elif not isinstance(value, Mapping):
        yield f"{path} must be an object"
    else:
        for name, below in value.items():
            if name not in allowed:
                yield f"{path}.{name} may not be patched"
            else:
                yield from _shape(below, allowed[name], f"{path}.{name}")


def _directives(value: Any, path: str) -> Iterator[str]:
    """Yield the directives of strategic merges, such as ``$patch: delete``."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if str(name).startswith("$"):
                yield f"{path}.{name}: directives are not supported"
            else:
                yield from _directives(below, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _directives(item, f"{path}[{number}]")


def _named_items(value: Any, name: str, path: str) -> Iterator[str]:
    """Yield the items of a merged list that lack what tells them apart."""
    key = MERGE_KEYS.get(name)
    if key is None:
        return
    if not isinstance(value, list):
        yield f"{path} must be a list"
        return
    for number, item in enumerate(value):
        if not isinstance(item, Mapping) or not isinstance(item.get(key), str):
            yield f"{path}[{number}] needs {key}"


def _content(patch: Mapping[str, Any]) -> Iterator[str]:
    metadata = patch.get("metadata") or {}
    for field in ("labels", "annotations"):
        for name in metadata.get(field) or {}:
            if _is_own(name) or name.startswith(_SECURITY_ANNOTATIONS):
                yield f"podPatch.metadata.{field}: {name} may not be patched"
    spec = patch.get("spec") or {}
    for number, volume in enumerate(spec.get("volumes") or []):
        yield from _volume(volume, f"podPatch.spec.volumes[{number}]")
    for number, container in enumerate(spec.get("containers") or []):
        yield from _container(container, f"podPatch.spec.containers[{number}]")


def _is_own(name: str) -> bool:
    """Return whether a label or annotation is Fairlead's."""
    domain = name.partition("/")[0] if "/" in name else ""
    return domain == "fairlead.dev" or domain.endswith(".fairlead.dev")


def _volume(volume: Mapping[str, Any], path: str) -> Iterator[str]:
    name = volume.get("name")
    if not isinstance(name, str):
        yield f"{path} needs name"
    elif name.startswith(OWN_PREFIX):
        yield f"{path}: volumes named {OWN_PREFIX}... are Fairlead's own"


def _container(container: Mapping[str, Any], path: str) -> Iterator[str]:
    if container.get("name") != CONTAINER:
        yield f"{path}: only the container {CONTAINER} may be patched"
    for variable in container.get("env") or []:
        if variable["name"].startswith(VARIABLE_PREFIX) or variable["name"] in OWN_VARIABLES:
            yield f"{path}.env: {variable['name']} is Fairlead's own"
    for mount in container.get("volumeMounts") or []:
        if _is_reserved(mount["mountPath"]):
            yield f"{path}.volumeMounts: {mount['mountPath']} is Fairlead's own"
        if str(mount.get("name", "")).startswith(OWN_PREFIX):
            yield f"{path}.volumeMounts: volume {mount['name']} is Fairlead's own"
    for source in container.get("envFrom") or []:
        if not isinstance(source, Mapping):
            yield f"{path}.envFrom must hold objects"


def _is_reserved(mount: str) -> bool:
    """Return whether something mounted there would hide a folder of ours, or part of one."""
    plain = "/" + "/".join(part for part in mount.split("/") if part not in ("", "."))
    if ".." in plain.split("/"):
        return True
    return any(
        plain == path or plain.startswith(f"{path}/") or path.startswith(f"{plain.rstrip('/')}/")
        for path in RESERVED_PATHS
    )
