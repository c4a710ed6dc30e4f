"""``definition_fields.txt``: every field of the definitions, for an operator that looks for them.

The operator does not load the models that the definitions are made from: that would cost it
12 MiB for a question it asks once.
"""

from __future__ import annotations

from fairlead.api.crds import KINDS, crd
from fairlead_operator.checks import fields


def text() -> str:
    """Return the file."""
    found: set[str] = set()
    for kind in KINDS:
        for version in crd(kind)["spec"]["versions"]:
            found.update(fields(kind.name, version["schema"]["openAPIV3Schema"]))
    return "\n".join(sorted(found)) + "\n"
