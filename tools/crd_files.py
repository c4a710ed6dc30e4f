"""``crds/*.yaml``: the CustomResourceDefinitions as kubectl and helm take them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import yaml

from fairlead.api.crds import KINDS, Kind, crd

NOTE = "# Generated from fairlead.api by `make generate`; do not edit.\n"


def text(kind: Kind) -> str:
    """Return the file of one kind."""
    return NOTE + yaml.safe_dump(crd(kind), sort_keys=False, width=100, allow_unicode=True)


def _file(kind: Kind) -> Callable[[], str]:
    return lambda: text(kind)


FILES: Mapping[str, Callable[[], str]] = {f"crds/{kind.plural}.yaml": _file(kind) for kind in KINDS}
"""Path from the repository's root -> the function that makes the file's text."""
