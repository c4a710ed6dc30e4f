"""Whether the cluster is fit for the operator: asked at the start until it is.

A cluster that is not yet fit is no reason to end: the definitions may be being installed at
this moment. The log says once what is wanting, and the operator is not ready until then.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Any

from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import ForbiddenError, KubeError, UnauthorizedError
from fairlead_operator.kube.kinds import OWN_KINDS
from fairlead_operator.logs import Log

log = Log("checks")

OLDEST = (1, 32)
"""The first Kubernetes that selects custom resources by their fields without a feature gate."""

AGAIN_SECONDS = 5.0


def version_problem(told: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the server's version, if anything."""
    found = tuple(_number(told.get(part)) for part in ("major", "minor"))
    if found >= OLDEST:
        return None
    oldest = ".".join(map(str, OLDEST))
    return (
        f"this is Kubernetes {told.get('gitVersion') or 'of an unknown version'}, and Fairlead "
        f"needs {oldest} or later: upgrade the cluster"
    )


def _number(text: Any) -> int:
    """Return the number that a part of a version begins with: some say ``34+``."""
    found = re.match(r"\d+", str(text or ""))
    return int(found.group()) if found else 0


def definitions_problem(served: Collection[str]) -> str | None:
    """Return which of our kinds the server does not serve, if any."""
    absent = [kind.resource for kind in OWN_KINDS if kind.plural not in served]
    if not absent:
        return None
    return (
        f"the cluster has no definition of {', '.join(absent)}: install them with "
        "`fairlead crds apply`"
    )


async def problem(client: KubeClient) -> str | None:
    """Ask the server, and return the first thing that is wanting; None if nothing is."""
    try:
        found = version_problem(await client.version())
        return found or definitions_problem(await client.served(OWN_KINDS[0].api_version))
    except (UnauthorizedError, ForbiddenError) as error:
        return f"the API server refuses the operator's account: {error.message}"
    except KubeError as error:
        return f"the API server does not answer: {error.message or error}"


async def wait_fit(client: KubeClient, pause: float = AGAIN_SECONDS) -> None:
    """Return when the cluster is fit; say what is wanting, once each time that changes."""
    before: str | None = None
    while (found := await problem(client)) is not None:
        if found != before:
            log.error("not ready", because=found)
        before = found
        await asyncio.sleep(pause)
