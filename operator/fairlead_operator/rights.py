"""Whether the operator may do what it needs to: asked of the API server, right by right.

What it needs is what its roles say (:mod:`fairlead_operator.manifests.rbac`), and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import ForbiddenError
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.logs import Log
from fairlead_operator.manifests.install import Manifest
from fairlead_operator.manifests.rbac import (
    ELECTION_RULES,
    OPERATOR_RULES,
    SIZE_RULES,
    SIZE_STATUS_RULES,
)

log = Log("rights")

REVIEWS = Kind(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False
)

MOST_NAMED = 12
"""How many missing rights are named; more of them have one cause, and the line an end."""


class Right(NamedTuple):
    """One verb on one kind of object.

    Attributes
    ----------
    sub
        A subresource, such as ``status``; or empty.
    namespace
        Empty for the whole cluster.
    name
        The only object that is meant; empty for all.
    """

    verb: str
    group: str
    resource: str
    sub: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def what(self) -> str:
        """The kind of object, as roles name it."""
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{kind}/{self.sub}" if self.sub else kind

    @property
    def where(self) -> str:
        """The part of the cluster."""
        return f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"


def needed(watched: Sequence[str] | None, own: str) -> tuple[Right, ...]:
    """Return all rights that an operator needs.

    Parameters
    ----------
    watched
        The namespaces whose jobs it runs; None for all.
    own
        Its own namespace.
    """
    found = [*_rights(ELECTION_RULES, own), *_rights(SIZE_RULES, "")]
    if watched is None:
        found += _rights(SIZE_STATUS_RULES, "")
    for namespace in [""] if watched is None else watched:
        found += _rights(OPERATOR_RULES, namespace)
    return tuple(dict.fromkeys(found))


def _rights(rules: Sequence[Manifest], namespace: str) -> Iterator[Right]:
    for rule in rules:
        names = rule.get("resourceNames") or [""]
        for group, resource, verb, name in product(
            rule["apiGroups"], rule["resources"], rule["verbs"], names
        ):
            kind, _, sub = resource.partition("/")
            yield Right(verb, group, kind, sub, namespace, name)


class Rights:
    """The rights of this operator.

    Parameters
    ----------
    client
        A client for this alone: there are dozens of requests at a time.
    """

    def __init__(self, client: KubeClient, rights: Sequence[Right]) -> None:
        self._client = client
        self._needed = rights
        self._missing: Sequence[Right] = ()

    async def missing(self) -> Sequence[Right]:
        """Return the rights that are missing.

        As long as some are that were missing before, only those are asked for.
        """
        if self._missing:
            self._missing = await self._refused(self._missing)
        if not self._missing:
            self._missing = await self._refused(self._needed)
        return self._missing

    async def _refused(self, rights: Sequence[Right]) -> Sequence[Right]:
        try:
            answers = await asyncio.gather(*(self._may(right) for right in rights))
        except ForbiddenError as error:
            # Whoever may not even ask, as in a hardened cluster, has to find out by trying.
            log.debug("rights cannot be asked for", because=error.message)
            return ()
        return [right for right, may in zip(rights, answers, strict=True) if not may]

    async def _may(self, right: Right) -> bool:
        attributes = {
            "verb": right.verb,
            "group": right.group,
            "resource": right.resource,
            "subresource": right.sub,
            "namespace": right.namespace,
            "name": right.name,
        }
        body = {
            "apiVersion": REVIEWS.api_version,
            "kind": REVIEWS.kind,
            "spec": {"resourceAttributes": {key: text for key, text in attributes.items() if text}},
        }
        answer = await self._client.create(REVIEWS, None, body)
        return bool((answer.get("status") or {}).get("allowed"))


def told(missing: Sequence[Right]) -> str:
    """Return missing rights in words, those of one kind of object together."""
    verbs: dict[tuple[str, str], list[str]] = {}
    for right in missing:
        verbs.setdefault((right.where, right.what), []).append(right.verb)
    kinds: dict[str, list[str]] = {}
    for (where, what), of_kind in list(verbs.items())[:MOST_NAMED]:
        kinds.setdefault(where, []).append(f"{'/'.join(of_kind)} {what}")
    parts = [f"{', '.join(words)} {where}" for where, words in kinds.items()]
    more = len(verbs) - MOST_NAMED
    return "; ".join([*parts, f"and {more} more"] if more > 0 else parts)
