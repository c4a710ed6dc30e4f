"""A client of the API server on the standard library: small, quick to import, for threads.

A request that is not answered is repeated where that does no harm.  Creating an object
is among those: its name says what it is for, so that it cannot come into being twice.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from random import uniform
from typing import Any
from urllib.parse import urlencode

from fairlead.api.reading import read_json
from fairlead.backends.kubernetes.connection import Connection
from fairlead.backends.kubernetes.errors import (
    ApiError,
    ExistsError,
    UnansweredError,
    UnauthorizedError,
    error_of,
)
from fairlead.backends.kubernetes.kinds import Kind
from fairlead.backends.kubernetes.pool import Pool, connect
from fairlead.backends.kubernetes.stream import Stream

Object = dict[str, Any]

PAGE = 500
"""Objects in one page of a listing."""

REQUEST_SECONDS = 30.0
"""How long an answer may take."""

PATIENCE = 30.0
"""Seconds for which a request is repeated that a server known to be there does not answer."""

FIRST_PATIENCE = 3.0
"""The same for a server that has never answered: most likely it is not there at all."""

MERGE_PATCH = "application/merge-patch+json"
JSON = "application/json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

_LOST = (http.client.HTTPException, OSError)


class RestClient:
    """One API server, as seen by one user.  All methods may be called from any thread.

    Parameters
    ----------
    connection
        Where it is, and who asks.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._pool = Pool(connection)
        self._answered = False
        self._closed = threading.Event()

    def close(self) -> None:
        """Close idle connections, and have nothing repeated any more."""
        self._closed.set()
        self._pool.close()

    # --- objects ------------------------------------------------------------------

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Return one object."""
        return self.request("GET", kind.path(namespace, name))

    def pages(
        self,
        kind: Kind,
        namespace: str,
        *,
        labels: str = "",
        fields: str = "",
        limit: int = PAGE,
        metadata_only: bool = False,
    ) -> Iterator[Object]:
        """Yield the pages of a listing, each a list as the server gives it.

        Parameters
        ----------
        metadata_only
            Whether nothing but the metadata of each object is wanted.
        """
        accept = METADATA_ONLY if metadata_only else JSON
        query: dict[str, str | int] = {"limit": limit}
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        while True:
            page = self.request("GET", kind.path(namespace), query=query, accept=accept)
            yield page
            token = page["metadata"].get("continue")
            if not token:
                return
            query["continue"] = token

    def list(
        self, kind: Kind, namespace: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """Return all objects that are selected."""
        found: list[Object] = []
        for page in self.pages(kind, namespace, labels=labels, fields=fields):
            found += page["items"]
        return found

    def create(self, kind: Kind, namespace: str, body: Mapping[str, Any]) -> Object:
        """Create an object.

        Raises
        ------
        ExistsError
            If there was one of that name before; one that an earlier try of this very
            call has made is returned instead.
        """
        tries = _Tries(self)
        try:
            return self.request("POST", kind.path(namespace), body, tries=tries)
        except ExistsError:
            if tries.lost:
                return self.get(kind, namespace, body["metadata"]["name"])
            raise

    def patch(
        self, kind: Kind, namespace: str, name: str, body: Mapping[str, Any], *, part: str = ""
    ) -> Object:
        """Merge a patch into an object, or into a part of it such as ``status``."""
        return self.request("PATCH", kind.path(namespace, name, part), body)

    def delete(self, kind: Kind, namespace: str, name: str, *, uid: str | None = None) -> None:
        """Delete an object, and in the background what belongs to it."""
        body: Object = {"propagationPolicy": "Background"}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        self.request("DELETE", kind.path(namespace, name), body)

    def watch(
        self,
        kind: Kind,
        namespace: str,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
        seconds: int,
    ) -> Stream:
        """Return what happens to some objects from now on, for so many seconds."""
        query: dict[str, str | int] = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": seconds,
        }
        query |= {"labelSelector": labels} if labels else {}
        query |= {"fieldSelector": fields} if fields else {}
        return self.stream(kind.path(namespace), query, seconds + 15)

    # --- requests -----------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        content_type: str | None = None,
        accept: str = JSON,
        tries: _Tries | None = None,
    ) -> Object:
        """Return the answer to a request, which is repeated while there is none.

        The body is JSON, and a merge patch where the method is PATCH, unless it is said to
        be of another type.

        Raises
        ------
        ApiError
            If the server refuses it, or cannot be reached in time.
        """
        tries = tries or _Tries(self)
        while True:
            try:
                answer = self._once(tries, method, path, body, query, content_type, accept)
                return dict(read_json(answer))
            except ApiError as error:
                tries.go_on_after(error)

    def text(self, path: str, query: Mapping[str, str | int] | None = None) -> str:
        """Return an answer that is no JSON."""
        tries = _Tries(self)
        while True:
            try:
                return self._once(tries, "GET", path, None, query).decode("utf-8", "replace")
            except ApiError as error:
                tries.go_on_after(error)

    def stream(self, path: str, query: Mapping[str, str | int], silence: float) -> Stream:
        """Return an answer that comes line by line; ``silence`` seconds without one end it."""
        try:
            connection = connect(self.connection)
            connection.request("GET", self._url(path, query), headers=self._headers(None))
            stream = Stream(connection, silence)
        except _LOST as error:
            raise self._unanswered(error) from error
        if stream.status != 200:
            with stream:
                raise self._refusal(stream.status, stream.read(), path)
        self._answered = True
        return stream

    def _once(
        self,
        tries: _Tries,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str | int] | None,
        content_type: str | None = None,
        accept: str = JSON,
    ) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        usual = MERGE_PATCH if method == "PATCH" else JSON
        headers = self._headers(None if body is None else content_type or usual, accept)
        url = self._url(path, query)
        try:
            response, answer = self._exchange(tries, method, url, data, headers)
        except _LOST as error:
            raise self._unanswered(error) from error
        self._answered = True
        if response.status >= 300:
            raise self._refusal(response.status, answer, path, response.getheader("Retry-After"))
        return answer

    def _exchange(
        self, tries: _Tries, method: str, url: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send one request and read its answer, over another connection if an old one is dead."""
        while True:
            connection, used = self._pool.take()
            try:
                connection.sock.settimeout(REQUEST_SECONDS)
                connection.request(method, url, data, headers)
                response = connection.getresponse()
                answer = response.read()
            except _LOST as error:
                connection.close()
                tries.lost = True
                if used and not isinstance(error, TimeoutError):
                    continue
                raise
            if response.will_close:
                connection.close()
            else:
                self._pool.give_back(connection)
            return response, answer

    def _url(self, path: str, query: Mapping[str, str | int] | None) -> str:
        return self.connection.prefix + path + ("?" + urlencode(query) if query else "")

    def _headers(self, content_type: str | None, accept: str = JSON) -> dict[str, str]:
        headers = {"Accept": accept, "User-Agent": "fairlead", **self.connection.headers()}
        if content_type is not None:
            headers["Content-Type"] = content_type
        return headers

    def _refusal(
        self, status: int, answer: bytes, path: str, retry_after: str | None = None
    ) -> ApiError:
        try:
            said = json.loads(answer)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            said = {"message": answer.decode("utf-8", "replace")[:500]}
        error = error_of(status, said, path=path, where=self.connection.where)
        if retry_after is not None and retry_after.isdigit():
            error.retry_after = float(retry_after)
        return error

    def _unanswered(self, error: Exception) -> UnansweredError:
        said = " ".join(str(error).split()) or type(error).__name__
        return UnansweredError(
            f"cannot reach {self.connection.where}: {said}. See whether it runs (`kubectl"
            " cluster-info`) and whether KUBECONFIG and its current context are meant."
        )


class _Tries:
    """How often one request is repeated, and when.

    Attributes
    ----------
    lost
        Whether a try may have been obeyed although its answer never came.
    """

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._begun = time.monotonic()
        self._pause = 0.1
        self._renewed = False
        self.lost = False

    def go_on_after(self, error: ApiError) -> None:
        """Return once the request may be sent again, or raise what stands against it."""
        if isinstance(error, UnauthorizedError) and not self._renewed:
            self._renewed = True
            if self._client.connection.renew():
                return
        if not isinstance(error, UnansweredError) or self._client._closed.is_set():
            raise error
        self.lost = self.lost or error.status == 0 or error.status >= 500
        known = self._client._answered
        if time.monotonic() - self._begun > (PATIENCE if known else FIRST_PATIENCE):
            raise error
        pause = error.retry_after if error.retry_after is not None else self._pause
        self._client._closed.wait(uniform(0.5, 1.0) * min(pause, PATIENCE))
        self._pause = min(self._pause * 2, 5.0)
