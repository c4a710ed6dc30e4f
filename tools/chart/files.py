"""Every derived file of the charts, and of their reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import crd_files
from chart import commented, reference, schema, templates
from fairlead.api.crds import KINDS, Kind

KEPT = "  annotations:\n    helm.sh/resource-policy: keep\n"
"""What keeps a definition, and with it all objects of its kind, when its chart is uninstalled."""


def _alone(kind: Kind) -> Callable[[], str]:
    return lambda: kept(kind)


def _plain(kind: Kind) -> Callable[[], str]:
    return lambda: crd_files.text(kind)


def kept(kind: Kind) -> str:
    """Return a definition as a template of the chart that has only definitions."""
    text = crd_files.text(kind)
    if "{{" in text:
        raise ValueError(f"the definition of {kind.name} has what helm takes for its own")
    name = f"metadata:\n  name: {kind.crd_name}\n"
    if text.count(name) != 1:
        raise ValueError(f"the definition of {kind.name} does not begin as expected")
    return text.replace(name, name + KEPT)


FILES: Mapping[str, Callable[[], str]] = {
    "docs/reference/chart.md": reference.text,
    "charts/fairlead/values.yaml": commented.text,
    "charts/fairlead/values.schema.json": schema.text,
    **templates.FILES,
    **{f"charts/fairlead/crds/{kind.plural}.yaml": _plain(kind) for kind in KINDS},
    **{f"charts/fairlead-crds/templates/{kind.plural}.yaml": _alone(kind) for kind in KINDS},
}
"""Path from the repository's root -> the function that makes the file's text."""
