"""An asynchronous client of the API server, with the patience that an operator needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fairlead_operator.kube.answers import read_answer
from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.config import ClusterConfig
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.kube.errors import (
    ConflictError,
    GoneError,
    KubeError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
)
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.kube.request import (
    JSON,
    MERGE,
    METADATA_OF_ONE,
    METADATA_ONLY,
    Request,
    encode,
    listing,
    query,
)
from fairlead_operator.kube.transport import Stream, Transport

Object = dict[str, Any]

AGENT = "fairlead-operator"

REQUEST_SECONDS = 30.0
"""How long the server has to answer one request."""

WATCH_SLACK_SECONDS = 10.0
"""How much longer than agreed a watch may stay open before its connection counts as dead."""

PAGE = 500
"""How many objects are asked for at once."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Attributes
    ----------
    resource_version
        The version of the whole list, from which it can be watched; equal on all its pages.
    remaining
        How many objects come after this page, where the server says so.
    """

    items: list[Object]
    resource_version: str
    remaining: int = 0


@dataclass(frozen=True)
class Patience:
    """How often, and after which pauses, a request is repeated.

    Attributes
    ----------
    tries
        How often a request is sent at most.
    seconds
        How long one try may take.
    """

    tries: int = 6
    seconds: float = REQUEST_SECONDS
    backoff: Backoff = field(default_factory=Backoff)


class KubeClient:
    """Requests to one API server.

    Every request has a time-out. What the server asks to be sent again (429), and what may
    have been lost (5xx, no answer) and does no harm twice, is repeated after growing pauses;
    what is left then is raised. Creating is repeated after 429 only: after a lost answer the
    caller has to look whether its object is there.

    Parameters
    ----------
    config
        Where the server is.
    agent
        What to call ourselves.
    most_requests
        How many requests may be under way at once; watches do not count.
    counts
        Where to count them; a place of its own, if none is given.
    """

    def __init__(
        self,
        config: ClusterConfig,
        *,
        agent: str = AGENT,
        most_requests: int = 64,
        patience: Patience | None = None,
        counts: RequestCounts | None = None,
    ) -> None:
        self.config = config
        self._transport = Transport(config, agent=agent, counts=counts)
        self._patience = patience or Patience()
        self._room = asyncio.Semaphore(most_requests)
        self.guard: Callable[[], Awaitable[None]] | None = None
        """Awaited before every write; what it raises is raised instead of writing."""

    async def __aenter__(self) -> KubeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    @property
    def counts(self) -> RequestCounts:
        """The requests made so far."""
        return self._transport.counts

    # --- reading ----------------------------------------------------------------------

    async def get(
        self, kind: Kind, namespace: str | None, name: str, *, metadata_only: bool = False
    ) -> Object:
        """Return an object, or nothing but its metadata, as it is now."""
        accept = METADATA_OF_ONE if metadata_only else JSON
        address = kind.path(namespace, name)
        return await self._object(Request("get", kind.resource, address, accept=accept))

    async def version(self) -> Object:
        """Return what the server says of itself: ``major``, ``minor``, ``gitVersion``."""
        return await self._object(Request("get", "version", "/version"))

    async def document(self, path: str) -> Object:
        """Return what the server says of its kinds at a path, such as ``/openapi/v3``."""
        return await self._object(Request("get", "openapi", path))

    async def served(self, api_version: str) -> set[str]:
        """Return the plurals of the kinds that the server serves in a version of a group."""
        try:
            found = await self._object(Request("get", "discovery", f"/apis/{api_version}"))
        except NotFoundError:
            return set()
        return {resource["name"] for resource in found.get("resources") or []}

    async def pages(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = PAGE,
        resource_version: str | None = None,
        metadata_only: bool = False,
    ) -> AsyncIterator[Page]:
        """Yield a collection in pages of one consistent state.

        Parameters
        ----------
        namespace
            None for all of them.
        labels, fields
            Selectors.
        resource_version
            ``"0"`` takes what the server has at hand; without one the list is the newest.
        metadata_only
            Whether nothing but the metadata of each object is wanted.

        Raises
        ------
        GoneError
            If reading took so long that the server has forgotten that state.
        """
        accept = METADATA_ONLY if metadata_only else JSON
        asked = query(labelSelector=labels, fieldSelector=fields, limit=limit)
        asked |= query(resourceVersion=resource_version)
        while True:
            answer = await self._object(listing(kind, namespace, asked, accept=accept))
            metadata = answer.get("metadata") or {}
            remaining = int(metadata.get("remainingItemCount") or 0)
            yield Page(answer.get("items") or [], metadata.get("resourceVersion", ""), remaining)
            if not metadata.get("continue"):
                return
            asked.pop("resourceVersion", None)
            asked["continue"] = metadata["continue"]

    @asynccontextmanager
    async def watch(
        self,
        kind: Kind,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        seconds: int = 50,
    ) -> AsyncIterator[Stream]:
        """Follow a collection from a version on, for ``seconds``, with bookmarks.

        The stream ends by itself then; if it has not a little later, the connection is dead
        and UnavailableError is raised from reading it. Never repeated here.
        """
        asked = query(
            watch="true",
            allowWatchBookmarks="true",
            timeoutSeconds=seconds,
            resourceVersion=resource_version,
            labelSelector=labels,
            fieldSelector=fields,
        )
        request = listing(kind, namespace, asked, verb="watch")
        async with self._transport.stream(request, seconds=seconds + WATCH_SLACK_SECONDS) as stream:
            yield stream

    # --- writing ----------------------------------------------------------------------

    async def create(self, kind: Kind, namespace: str | None, body: Mapping[str, Any]) -> Object:
        """Create an object and return it as the server keeps it.

        Raises
        ------
        AlreadyExistsError
            If there is one of that name, possibly from a try whose answer was lost.
        UnavailableError
            If nobody knows whether it was created.
        """
        return await self._object(
            Request("create", kind.resource, kind.path(namespace), body=encode(body))
        )

    async def patch(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        body: Mapping[str, Any],
        *,
        sub: str = "",
    ) -> Object:
        """Merge ``body`` into an object and return it."""
        resource = f"{kind.resource}/{sub}" if sub else kind.resource
        path = kind.path(namespace, name, sub)
        return await self._object(
            Request("patch", resource, path, body=encode(body), content=MERGE)
        )

    async def patch_status(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        status: Mapping[str, Any],
        *,
        resource_version: str | None = None,
    ) -> Object:
        """Merge ``status`` into an object's status and return the object.

        Parameters
        ----------
        status
            What changes below ``status``; None removes a field.
        resource_version
            Makes the write conditional on the object being at that version.

        Raises
        ------
        ConflictError
            If it is at another one: perhaps because of a try whose answer was lost.
        """
        body: Object = {"status": status}
        if resource_version is not None:
            body["metadata"] = {"resourceVersion": resource_version}
        return await self.patch(kind, namespace, name, body, sub="status")

    async def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        uid: str | None = None,
        grace: int | None = None,
    ) -> None:
        """Delete an object. None there is as good, and so is another one of that name.

        Parameters
        ----------
        uid
            Deletes that very object, and no later one of its name.
        grace
            Seconds that a pod gets to end; else its own.
        """
        options: Object = {"propagationPolicy": "Background"}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        path = kind.path(namespace, name)
        try:
            await self._send(Request("delete", kind.resource, path, body=encode(options)))
        except NotFoundError:
            return
        except ConflictError:
            if uid is None:
                raise

    async def delete_collection(self, kind: Kind, namespace: str, labels: str) -> None:
        """Delete all objects that labels select, a page at a time.

        Pods may take their time to end after this.
        """
        following: str | None = None
        while True:
            try:
                following = await self._delete_page(kind, namespace, labels, following)
            except GoneError:
                # That took too long to go on from there; begin anew with what is left.
                following = None
                continue
            if not following:
                return

    async def _delete_page(
        self, kind: Kind, namespace: str, labels: str, following: str | None
    ) -> str | None:
        """Delete one page; return where the next one begins, None after the last."""
        asked = query(labelSelector=labels, limit=PAGE) | query(**{"continue": following})
        body = encode({"propagationPolicy": "Background"})
        path = kind.path(namespace)
        request = Request(
            "deletecollection", kind.resource, path, asked, body, accept=METADATA_ONLY
        )
        answer = read_answer(await self._send(request))
        found: str | None = (answer.get("metadata") or {}).get("continue")
        return found

    # --- patience ---------------------------------------------------------------------

    async def _object(self, request: Request) -> Object:
        found: Object = read_answer(await self._send(request))
        return found

    async def _send(self, request: Request) -> bytes:
        failures = 0
        while True:
            try:
                async with self._room:
                    if self.guard is not None and request.writes:
                        await self.guard()
                    return await self._transport.send(request, seconds=self._patience.seconds)
            except KubeError as error:
                failures += 1
                if failures >= self._patience.tries or not _worth_another(request, error, failures):
                    raise
                pause = self._patience.backoff.pause(failures, error.retry_after)
            await asyncio.sleep(pause)


def _worth_another(request: Request, error: KubeError, failures: int) -> bool:
    """Whether to send a request again that has failed so often, this time with ``error``."""
    if isinstance(error, UnauthorizedError):
        # The token may have been renewed meanwhile, and is then read anew: once.
        return failures == 1
    if isinstance(error, UnavailableError):
        return request.repeatable
    return isinstance(error, TooManyRequestsError)
