"""``docs/reference/resources.md``: the custom resources, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pages
from fairlead.api.crds import KINDS, Kind, crd
from fairlead.api.meta import API_VERSION

Schema = dict[str, Any]


def text() -> str:
    """Return the page."""
    return pages.page(
        "Custom resources",
        f"The kinds of `{API_VERSION}`, as `kubectl explain` tells them too. `kubectl get jobs` "
        "means Kubernetes' own Jobs: write `jobs.fairlead.dev`, or the short name.",
        *(part for kind in KINDS for part in _kind(kind)),
    )


def _kind(kind: Kind) -> Iterator[str]:
    schema = crd(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    yield f"## {kind.name}"
    scope = "of a namespace" if kind.scope == "Namespaced" else "of the whole cluster"
    yield f"{schema['description']} Short name `{kind.short}`; an object {scope}."
    if kind.selectable:
        paths = ", ".join(f"`{path.removeprefix('.')}`" for path in kind.selectable)
        yield f"Field selectors: {paths}."
    for part in ("spec", "status"):
        yield pages.table(["field", "type", "meaning"], _fields(schema["properties"][part], part))


def _fields(schema: Schema, path: str) -> Iterator[tuple[str, str, str]]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        words = field["description"] + (" Required." if name in required else "")
        default = f" Default: `{field['default']}`." if "default" in field else ""
        yield f"`{here}`", _type(field), words + default
        yield from _fields(field.get("items", field), here + ("[]" if "items" in field else ""))


def _type(field: Schema) -> str:
    if field.get("x-kubernetes-int-or-string"):
        return "quantity"
    if "enum" in field:
        return " or ".join(f"`{word}`" for word in field["enum"])
    if "items" in field:
        return f"list of {_type(field['items'])}"
    if "additionalProperties" in field:
        return f"map to {_type(field['additionalProperties'])}"
    return str(field.get("format") or field["type"])
