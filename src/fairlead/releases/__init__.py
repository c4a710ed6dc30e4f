"""Releases: a program's own code in one archive, and the tasks that are in it.

Names are loaded when they are first used: what unpacks a release in a pod needs the
standard library alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.releases.objects import dev_name, manifests
    from fairlead.releases.packaging import Packed, package
    from fairlead.releases.publishing import Published, publish

__all__ = ["Packed", "Published", "dev_name", "manifests", "package", "publish"]

_HOMES = {
    "Packed": "packaging",
    "Published": "publishing",
    "dev_name": "objects",
    "manifests": "objects",
    "package": "packaging",
    "publish": "publishing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
