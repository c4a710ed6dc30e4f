"""Requests to the API server, by nothing but the standard library.

An agent reads, lists and watches Tasks, makes them, and writes their status.  Each thread
has a connection of its own, which stays open between requests.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fairlead.api.constants import API_VERSION
from fairlead.runner.pod.errors import ApiAwayError, RefusedError
from fairlead.runner.pod.settings import ApiSettings

Object = dict[str, Any]

REQUEST_TIMEOUT = 15.0
"""Seconds for an answer: the API server itself gives up on a request after some more."""

_TOKEN_AGE = 10.0
"""Seconds for which a token is taken as read; the kubelet renews the file long before its end."""

_AWAY = frozenset({408, 429, 500, 502, 503, 504})
_AGENT = "fairlead-runner"
_PAGE = 500


class TaskApi:
    """The Tasks of one namespace.

    Parameters
    ----------
    settings
        Where the server is.
    agent
        What the server's logs call this client.
    """

    def __init__(self, settings: ApiSettings, agent: str = _AGENT) -> None:
        server = urlsplit(settings.server)
        self._host = server.hostname or ""
        self._port = server.port or 443
        self._tls = ssl.create_default_context(cafile=settings.ca_file)
        self._token = _Token(settings.token_file)
        self._agent = agent
        self._own = threading.local()
        self._path = f"/apis/{API_VERSION}/namespaces/{quote(settings.namespace)}/tasks"

    def get(self, name: str) -> Object:
        """Return a Task."""
        return self._request("GET", f"{self._path}/{quote(name)}")

    def tasks(self, **query: str) -> tuple[list[Object], str]:
        """Return all Tasks that match, and the version of the collection they were read at."""
        found: list[Object] = []
        more = {**query, "limit": str(_PAGE)}
        while True:
            page = self._request("GET", f"{self._path}?{urlencode(more)}")
            found += page["items"]
            if not page["metadata"].get("continue"):
                return found, page["metadata"]["resourceVersion"]
            more["continue"] = page["metadata"]["continue"]

    def create(self, task: Object) -> Object:
        """Make a Task."""
        return self._request("POST", self._path, task, "application/json")

    def patch_status(self, name: str, status: Object) -> Object:
        """Merge fields into a Task's status."""
        path = f"{self._path}/{quote(name)}/status"
        return self._request("PATCH", path, {"status": status}, "application/merge-patch+json")

    def watch(self, resource_version: str, seconds: int, **query: str) -> EventStream:
        """Return the events from a version on; they end by themselves after some seconds."""
        asked = {
            **query,
            "watch": "true",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }
        connection = self._connect(seconds + REQUEST_TIMEOUT)
        try:
            headers = self._headers()
            connection.request("GET", f"{self._path}?{urlencode(asked)}", headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise _refusal(answer, answer.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ApiAwayError(f"the API server does not answer: {error!r}") from error
        except BaseException:
            connection.close()
            raise
        return EventStream(connection, answer)

    # --- one request ----------------------------------------------------------------

    def _request(
        self, method: str, path: str, body: Object | None = None, kind: str = ""
    ) -> Object:
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers()
        if kind:
            headers["Content-Type"] = kind
        answer, text = self._exchange(method, path, data, headers)
        if answer.status >= 400:
            if answer.status == 401:
                self._token.forget()
            raise _refusal(answer, text)
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise ApiAwayError(f"the API server's answer is no JSON: {error}") from error

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            # The server may have closed it since the last request; then this one was not
            # carried out, or can be recognised as every request of an agent can.
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self._sent(connection, method, path, data, headers)
            self.close()
        connection = self._own.connection = self._connect(REQUEST_TIMEOUT)
        try:
            return self._sent(connection, method, path, data, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ApiAwayError(f"the API server does not answer: {error!r}") from error

    def _sent(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        data: bytes | None,
        headers: dict[str, str],
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        return answer, answer.read()

    def close(self) -> None:
        """Close the present thread's connection; its next request opens another."""
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            self._own.connection = None
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=timeout, context=self._tls
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "User-Agent": self._agent,
            "Authorization": f"Bearer {self._token.read()}",
        }


class EventStream:
    """The events of one watch.  Iterate in one thread; :meth:`close` it from any."""

    def __init__(
        self, connection: http.client.HTTPSConnection, answer: http.client.HTTPResponse
    ) -> None:
        self._connection = connection
        self._answer = answer
        self._socket = connection.sock
        self._closed = False

    def __iter__(self) -> EventStream:
        return self

    def __next__(self) -> Object:
        try:
            line = self._answer.readline()
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            line = b""  # cut off, or closed by another thread
        if not line or self._closed:
            self._connection.close()
            raise StopIteration
        try:
            return dict(json.loads(line))
        except ValueError:
            self._connection.close()
            raise StopIteration from None

    def close(self) -> None:
        """End the watch: whoever waits for its next event gets none."""
        self._closed = True
        # The socket below TLS, because another thread is reading from the one above it.
        with contextlib.suppress(OSError, AttributeError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Token:
    """The account's token, read anew as the kubelet renews it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._text = ""
        self._until = 0.0

    def read(self) -> str:
        """Return the token."""
        if time.monotonic() >= self._until:
            # Without a file there is no answer but 401, which is dealt with like any other.
            with contextlib.suppress(OSError), open(self._path) as file:
                self._text = file.read().strip()
                self._until = time.monotonic() + _TOKEN_AGE
        return self._text

    def forget(self) -> None:
        """Read it anew next time."""
        self._until = 0.0


def _refusal(answer: http.client.HTTPResponse, text: bytes) -> RefusedError | ApiAwayError:
    """Return what an answer means that is no success."""
    try:
        status = dict(json.loads(text))
    except ValueError:
        status = {"message": text[:500].decode(errors="replace")}
    message = str(status.get("message", ""))
    if answer.status in _AWAY:
        after = answer.headers.get("Retry-After") or "0"
        seconds = float(after) if after.isdigit() else 0.0
        return ApiAwayError(f"the API server answers {answer.status}: {message}", seconds)
    return RefusedError(answer.status, str(status.get("reason", "")), message)
