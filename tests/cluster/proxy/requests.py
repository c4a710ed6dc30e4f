"""What a request to an API server asks for, read from its method and address."""

import urllib.parse
from dataclasses import dataclass

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
WRITES = ("create", "update", "patch", "delete", "deletecollection")
"""The verbs that change something."""


@dataclass(frozen=True)
class Asked:
    """A request as the API server's own rules would describe it.

    Attributes
    ----------
    verb
        ``get``, ``list``, ``watch``, ``create``, ``update``, ``patch``, ``delete`` or
        ``deletecollection``.
    resource
        Plural with the group behind a dot, and the subresource behind a slash, as in
        ``pods``, ``pods/status`` or ``jobs.batch``; empty for other addresses.
    namespace, name
        Empty where the address has none.
    path
        The address with its query.
    agent
        What the client calls itself.
    user
        The name in the client's certificate; empty for other clients.
    body
        What was sent.
    """

    verb: str
    resource: str
    namespace: str
    name: str
    path: str
    agent: str = ""
    user: str = ""
    body: bytes = b""


def understand(
    method: str, target: str, *, agent: str = "", user: str = "", body: bytes = b""
) -> Asked:
    """Read method and address of a request."""
    parts = urllib.parse.urlsplit(target)
    query = urllib.parse.parse_qs(parts.query)
    group, words = _split_group([word for word in parts.path.split("/") if word])
    namespace = ""
    if len(words) > 2 and words[0] == "namespaces" and words[2] not in ("status", "finalize"):
        namespace, words = words[1], words[2:]
    resource, name, sub = [*words, "", "", ""][:3]
    if resource:
        resource += (f".{group}" if group else "") + (f"/{sub}" if sub else "")
    watching = query.get("watch", [""])[0] in ("1", "true")
    verb = _verb(method, bool(name), watching)
    return Asked(verb, resource, namespace, name, target, agent, user, body)


def _split_group(words: list[str]) -> tuple[str, list[str]]:
    """Take ``api/v1`` or ``apis/group/version`` off; other addresses name no resource."""
    if words[:1] == ["api"]:
        return "", words[2:]
    if words[:1] == ["apis"] and len(words) > 2:
        return words[1], words[3:]
    return "", []


def _verb(method: str, named: bool, watching: bool) -> str:
    if method == "GET":
        return "watch" if watching else "get" if named else "list"
    if method == "DELETE":
        return "delete" if named else "deletecollection"
    return _VERBS.get(method, method.lower())
