"""The pod patch of a MachineSize: what it may say, and how it is merged.

It is merged as Kubernetes merges strategically: objects field by field, the lists below by
what names their items, ``envFrom`` and ``ports`` by adding, other lists as a whole; null
takes away.
Only what is listed in :data:`ALLOWED` may be in it at all.  What there bears on security
may have no value that the restricted profile does not admit, so a pod stays within it
whatever is patched.  A patch that says anything else is refused as a whole, and the size
says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from fairlead.api.reading import MAX_LEVELS, is_deeper
from fairlead_operator.runners.layout import (
    CONTAINER,
    OWN_PREFIX,
    OWN_VARIABLES,
    RESERVED_PATHS,
    VARIABLE_PREFIX,
)
from fairlead_operator.runners.restricted import CONTAINER_SECURITY, POD_SECURITY, only, ports


class Field(Enum):
    """What a field holds whose inside is not looked at any closer."""

    TEXT = "a text"
    OBJECT = "an object"
    LIST = "a list of objects"


@dataclass(frozen=True)
class Texts:
    """A field that holds texts by name, such as labels; ``own`` tells which names are not free."""

    own: Callable[[str], bool] = lambda name: False


@dataclass(frozen=True)
class Items:
    """A field that holds a list of objects, to which a patch may add.

    Attributes
    ----------
    fields
        What the objects may hold; empty for anything.
    own
        Says of an object, in words, what is not free in it.
    key
        The field that tells the objects apart, if they are merged.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    own: Callable[[Mapping[str, Any]], str] = lambda item: ""
    key: str = ""


def _own_mark(name: str) -> bool:
    """Return whether a label or annotation is Fairlead's, or bears on security."""
    domain = name.partition("/")[0] if "/" in name else ""
    return (
        domain == "fairlead.dev"
        or domain.endswith(".fairlead.dev")
        or name.startswith(("container.apparmor.security.", "container.seccomp.security."))
        or name.startswith("seccomp.security.")
    )


def _own_volume(volume: Mapping[str, Any]) -> str:
    return OWN if volume["name"].startswith(OWN_PREFIX) else ""


def _own_variable(variable: Mapping[str, Any]) -> str:
    name = variable["name"]
    return OWN if name.startswith(VARIABLE_PREFIX) or name in OWN_VARIABLES else ""


def _own_mount(mount: Mapping[str, Any]) -> str:
    ours = is_reserved(mount["mountPath"]) or str(mount.get("name")).startswith(OWN_PREFIX)
    return OWN if ours else ""


def _other_container(container: Mapping[str, Any]) -> str:
    return "" if container["name"] == CONTAINER else f"only {CONTAINER} may be patched"


OWN = "it is Fairlead's own"

VOLUME_SOURCES = (
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
    "metadata": {"labels": Texts(_own_mark), "annotations": Texts(_own_mark)},
    "spec": {
        "nodeSelector": Texts(),
        "affinity": Field.OBJECT,
        "tolerations": Field.LIST,
        "topologySpreadConstraints": Items(key="topologyKey"),
        "schedulerName": Field.TEXT,
        "schedulingGates": Items(key="name"),
        "priorityClassName": Field.TEXT,
        "preemptionPolicy": Field.TEXT,
        "runtimeClassName": Field.TEXT,
        "imagePullSecrets": Items(key="name"),
        "dnsPolicy": Field.TEXT,
        "dnsConfig": Field.OBJECT,
        "hostAliases": Items(key="ip"),
        "resourceClaims": Items(key="name"),
        "securityContext": POD_SECURITY,
        "hostUsers": only(False),
        "os": {"name": only("linux")},
        "volumes": Items(
            {"name": Field.TEXT, **dict.fromkeys(VOLUME_SOURCES, Field.OBJECT)},
            _own_volume,
            key="name",
        ),
        "containers": Items(
            {
                "name": Field.TEXT,
                "env": Items(own=_own_variable, key="name"),
                "envFrom": Items(),
                "volumeMounts": Items(own=_own_mount, key="mountPath"),
                "volumeDevices": Items(key="devicePath"),
                "resources": {"claims": Field.LIST},
                "ports": ports,
                "securityContext": CONTAINER_SECURITY,
            },
            _other_container,
            key="name",
        ),
    },
}
"""The fields that a patch may name."""

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
"""List -> the field that tells its items apart."""

APPENDED = frozenset({"envFrom", "ports"})
"""Lists to which a patch adds.  Other lists it replaces as a whole."""


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
        elif isinstance(value, list) and name in APPENDED:
            made[name] = [*(made.get(name) or []), *deepcopy(value)]
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
    if is_deeper(patch, MAX_LEVELS):
        return (f"podPatch has more than {MAX_LEVELS} levels",)
    return tuple(_problems(patch, ALLOWED, "podPatch"))


def _problems(value: Any, allowed: Any, path: str) -> Iterator[str]:
    if callable(allowed):
        if found := allowed(value):
            yield f"{path} {found}"
    elif isinstance(allowed, Field):
        yield from _leaf(value, allowed, path)
    elif isinstance(allowed, Items):
        yield from _items(value, allowed, path)
    elif not isinstance(value, Mapping):
        # Not even null, which would take away what is ours.
        yield f"{path} must be an object"
    elif isinstance(allowed, Texts):
        yield from _texts(value, allowed, path)
    else:
        for name, below in value.items():
            if name in allowed:
                yield from _problems(below, allowed[name], f"{path}.{name}")
            else:
                yield f"{path}.{name} may not be patched"


def _leaf(value: Any, allowed: Field, path: str) -> Iterator[str]:
    fits = {
        Field.TEXT: lambda: isinstance(value, str),
        Field.OBJECT: lambda: isinstance(value, Mapping),
        Field.LIST: lambda: (
            isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
        ),
    }
    if value is not None and not fits[allowed]():
        yield f"{path} must be {allowed.value}"
    yield from _directives(value, path)


def _texts(value: Mapping[str, Any], allowed: Texts, path: str) -> Iterator[str]:
    for name, text in value.items():
        if allowed.own(name):
            yield f"{path}: {name} may not be patched"
        if text is not None and not isinstance(text, str):
            yield f"{path}: {name} must be a text"


def _items(value: Any, allowed: Items, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} must be {Field.LIST.value}"
        return
    for number, item in enumerate(value):
        yield from _item(item, allowed, f"{path}[{number}]")


def _item(item: Any, allowed: Items, path: str) -> Iterator[str]:
    if not isinstance(item, Mapping):
        yield f"{path} must be an object"
    elif allowed.key and not isinstance(item.get(allowed.key), str):
        yield f"{path} needs {allowed.key}"
    else:
        name = item[allowed.key] if allowed.key else ""
        if found := allowed.own(item):
            yield f"{path}: {name} may not be patched: {found}"
        if allowed.fields:
            yield from _problems(item, allowed.fields, path)
        else:
            yield from _directives(item, path)


def _directives(value: Any, path: str) -> Iterator[str]:
    """Yield the directives of strategic merges, such as ``$patch: delete``."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            if str(name).startswith("$"):
                yield f"{path}.{name}: directives are not supported"
            yield from _directives(below, f"{path}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _directives(item, f"{path}[{number}]")


def is_reserved(mount: str) -> bool:
    """Return whether something mounted there would hide a folder of ours, or part of one."""
    parts = [part for part in mount.split("/") if part not in ("", ".")]
    if ".." in parts:
        return True
    plain = "/" + "/".join(parts)
    return any(
        plain == path or plain.startswith(f"{path}/") or path.startswith(f"{plain.rstrip('/')}/")
        for path in RESERVED_PATHS
    )
