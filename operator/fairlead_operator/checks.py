"""What the cluster must have and allow, and how that is found out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import ForbiddenError, NotFoundError
from fairlead_operator.kube.kinds import GROUP, OWN_KINDS, VERSION
from fairlead_operator.problems import MISSING_DEFINITIONS, OLD_SERVER, Finding

OLDEST = (1, 32)
"""The first Kubernetes that selects custom resources by their fields without a feature gate."""

FIELDS = Path(__file__).with_name("definition_fields.txt")
"""Every field of the definitions of this version, a line each: generated from them."""

MOST_NAMED = 5
"""How many missing fields are named."""


def version_problem(told: Mapping[str, Any]) -> Finding | None:
    """Return what is wrong with the server's version, if anything."""
    found = tuple(_number(told.get(part)) for part in ("major", "minor"))
    if found >= OLDEST:
        return None
    version = told.get("gitVersion") or "of an unknown version"
    oldest = ".".join(map(str, OLDEST))
    return Finding(OLD_SERVER, f"this is Kubernetes {version}, Fairlead needs {oldest} or later")


def _number(text: Any) -> int:
    """Return the number that a part of a version begins with: some say ``34+``."""
    found = re.match(r"\d+", str(text or ""))
    return int(found.group()) if found else 0


def definitions_problem(served: Collection[str]) -> Finding | None:
    """Return which of our kinds the server does not serve, if any."""
    absent = [kind.resource for kind in OWN_KINDS if kind.plural not in served]
    if not absent:
        return None
    return Finding(
        MISSING_DEFINITIONS, f"the cluster has no definition of {', '.join(absent)} in {VERSION}"
    )


def fields_problem(document: Mapping[str, Any]) -> Finding | None:
    """Return which fields of our kinds the served definitions lack, if any.

    Parameters
    ----------
    document
        The server's OpenAPI description of our group.
    """
    schemas = (document.get("components") or {}).get("schemas") or {}
    there: set[str] = set()
    for schema in schemas.values():
        for marks in schema.get("x-kubernetes-group-version-kind") or ():
            if (marks.get("group"), marks.get("version")) == (GROUP, VERSION):
                there.update(fields(marks["kind"], schema))
    kinds = {path.partition(".")[0] for path in there}
    wanted = FIELDS.read_text().split()
    # A kind that is not described at all may be about to be: of that, another check tells.
    absent = [path for path in wanted if path not in there and path.partition(".")[0] in kinds]
    if not absent:
        return None
    named = ", ".join(absent[:MOST_NAMED])
    more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
    return Finding(
        MISSING_DEFINITIONS,
        f"older definitions: the cluster's lack {named}{more}; run `fairlead crds apply`",
    )


def fields(path: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of all fields that a schema names, with ``path`` before each."""
    for name, below in (schema.get("properties") or {}).items():
        if name in ("apiVersion", "kind", "metadata"):
            continue
        yield f"{path}.{name}"
        yield from fields(f"{path}.{name}", below)
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(key), Mapping):
            yield from fields(f"{path}{mark}", schema[key])


class Checks:
    """Asks one API server.

    Parameters
    ----------
    client
        Whoever asks is to say soon what is wanting: one of little patience.
    """

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        # The description that was found good, by the name that its server gives it.
        self._good = ""

    async def of_version(self) -> Finding | None:
        """Ask how old the server is."""
        return version_problem(await self._client.version())

    async def of_definitions(self) -> Finding | None:
        """Ask whether our kinds are served."""
        return definitions_problem(await self._client.served(OWN_KINDS[0].api_version))

    async def of_fields(self) -> Finding | None:
        """Ask whether the definitions have all fields; only where they have changed."""
        try:
            index = await self._client.document("/openapi/v3")
            group = (index.get("paths") or {}).get(f"apis/{GROUP}/{VERSION}") or {}
            name = str(group.get("serverRelativeURL") or "")
            if not name or name == self._good:
                return None
            found = fields_problem(await self._client.document(name.partition("?")[0]))
        except (ForbiddenError, NotFoundError):
            # Some clusters do not describe themselves, or not to everybody.
            return None
        self._good = "" if found else name
        return found
