"""One request to the API server, before it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead_operator.kube.kinds import Kind

Verb = Literal["get", "list", "watch", "create", "patch", "delete", "deletecollection"]

JSON = "application/json"
MERGE = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
METADATA_OF_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"

_METHODS: Mapping[Verb, str] = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes
    ----------
    resource
        What metrics count it under.
    """

    verb: Verb
    resource: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content: str = JSON
    accept: str = JSON

    @property
    def method(self) -> str:
        """Its HTTP method."""
        return _METHODS[self.verb]

    @property
    def writes(self) -> bool:
        """Whether it is to change something."""
        return self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether twice is as good as once.

        Not for creating: the second try would find the first one's object.
        """
        return self.verb != "create"


def query(**given: str | int | None) -> dict[str, str]:
    """Return the part of an address behind the question mark, without what is empty."""
    return {key: str(value) for key, value in given.items() if value not in (None, "")}


def encode(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def listing(
    kind: Kind,
    namespace: str | None,
    asked: Mapping[str, str],
    *,
    verb: Verb = "list",
    accept: str = JSON,
) -> Request:
    """Return a request about a whole collection."""
    return Request(verb, kind.resource, kind.path(namespace), asked, accept=accept)
