"""A small synchronous client of the Kubernetes API: the standard library and a kubeconfig.

The tests look at clusters through this and through kubectl, never through the code that is
being tested.
"""

import base64
import http.client
import json
import os
import ssl
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from tests.cluster.shell import ClusterError, HopelessError

Object = dict[str, Any]
T = TypeVar("T")

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"

REPEATABLE = ("GET", "DELETE")
"""Methods of requests that may be sent again where it is unknown whether they arrived."""


class ApiError(ClusterError):
    """The API server refused a request."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"the API server answered {status}: {body[:2000]}")
        self.status = status
        self.body = body


class UnsentError(ConnectionError):
    """A request could not be sent, for the connection had been closed."""


class KubeApi:
    """Requests to one API server over one connection, as the kubeconfig's current user.

    Not safe for use by several threads: give each its own.
    """

    def __init__(self, kubeconfig: Path, *, timeout: float = 30) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
        self.server = urllib.parse.urlsplit(cluster["server"])
        self._timeout = timeout
        self._tls = _tls(cluster, user)
        self._headers = {"Accept": "application/json"}
        if "token" in user:
            self._headers["Authorization"] = f"Bearer {user['token']}"
        self._connection: http.client.HTTPSConnection | None = None

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = JSON,
    ) -> Any:
        """Send one request and return the decoded answer.

        Raises
        ------
        ApiError
            If the server answers with a status of 400 or above.
        OSError
            If there is no answer.
        """
        status, text = self.raw(method, path, body, kind=kind)
        if status >= 400:
            raise ApiError(status, text)
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text

    def raw(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = JSON,
    ) -> tuple[int, str]:
        """Send one request and return status and text, whatever they are."""
        data = None if body is None else json.dumps(body).encode()
        kept = self._connection
        try:
            answer, text = self._exchange(method, path, data, kind)
        except ConnectionError as problem:
            # The server closes connections that were idle for long, or was started again.
            # To read or delete twice does no harm, nor to send again what could not be sent.
            if kept is None or not (method in REPEATABLE or isinstance(problem, UnsentError)):
                raise
            answer, text = self._exchange(method, path, data, kind)
        if answer.will_close:
            self.close()
        return answer.status, text

    def _exchange(
        self, method: str, path: str, data: bytes | None, kind: str
    ) -> tuple[http.client.HTTPResponse, str]:
        connection = self._connection or self._connect()
        try:
            self._send(connection, method, path, data, kind)
            answer = connection.getresponse()
            return answer, answer.read().decode()
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            if isinstance(problem, OSError):
                raise
            raise ConnectionError(f"the API server's answer was cut: {problem!r}") from problem

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        data: bytes | None,
        kind: str,
    ) -> None:
        try:
            connection.request(method, path, data, {**self._headers, "Content-Type": kind})
        except (ssl.SSLEOFError, BrokenPipeError) as gone:
            raise UnsentError(f"the connection was closed: {gone!r}") from gone

    def watch(self, path: str, *, timeout: float = 60, **query: str | int) -> Iterator[Object]:
        """Yield the events of a watch, over a connection of its own, until it ends."""
        target = address(path, watch="true", timeoutSeconds=int(timeout), **query)
        connection = self._connect(keep=False, timeout=timeout + 10)
        try:
            connection.request("GET", target, headers=self._headers)
            answer = connection.getresponse()
            if answer.status >= 400:
                raise ApiError(answer.status, answer.read().decode())
            while line := answer.readline():
                yield json.loads(line)
        finally:
            connection.close()

    def get(self, path: str, **query: str | int) -> Any:
        """Read an object or a list."""
        return self.request("GET", address(path, **query))

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create an object in the collection ``path``."""
        return self.request("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Merge ``body`` into an object."""
        return self.request("PATCH", path, body, kind=MERGE)

    def apply(self, path: str, body: Mapping[str, Any]) -> Any:
        """Create or update the object at ``path`` by a server-side apply."""
        target = address(path, fieldManager="fairlead-tests", force="true")
        return self.request("PATCH", target, body, kind=APPLY)

    def delete(self, path: str, **query: str | int) -> Any:
        """Delete an object; none there is as good."""
        try:
            return self.request("DELETE", address(path, **query))
        except ApiError as absent:
            if absent.status != 404:
                raise
            return None

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(
        self, *, keep: bool = True, timeout: float | None = None
    ) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(
            self.server.hostname or "",
            self.server.port or 443,
            timeout=timeout or self._timeout,
            context=self._tls,
        )
        if keep:
            self._connection = connection
        return connection


def address(path: str, **query: str | int) -> str:
    """A path with a query."""
    return f"{path}?{urllib.parse.urlencode(query)}" if query else path


def until(
    what: str,
    probe: Callable[[], T | None],
    *,
    timeout: float = 60,
    every: float = 0.1,
) -> T:
    """Ask again and again until the answer is true, and return it.

    Raises
    ------
    ClusterError
        If that does not happen in ``timeout`` seconds; it says what was last seen.
    """
    end = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            answer = probe()
            if answer:
                return answer
            last = answer
        except HopelessError:
            raise
        except (ClusterError, OSError) as problem:
            last = problem
        if time.monotonic() > end:
            raise ClusterError(f"{what}: not after {timeout:.0f} s; last seen: {last}")
        time.sleep(every)


def _named(entries: list[Object], name: str) -> Object:
    for entry in entries:
        if entry["name"] == name:
            return entry
    raise ClusterError(f"the kubeconfig has no entry called {name!r}")


def _tls(cluster: Object, user: Object) -> ssl.SSLContext:
    if "certificate-authority-data" in cluster:
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
    else:
        context = ssl.create_default_context(cafile=cluster.get("certificate-authority"))
    if "client-certificate" in user:
        context.load_cert_chain(user["client-certificate"], user["client-key"])
    elif "client-certificate-data" in user:
        _load_inline(context, user)
    return context


def _load_inline(context: ssl.SSLContext, user: Object) -> None:
    """Python loads certificates from files only; they exist for that moment."""
    parts = ("client-certificate-data", "client-key-data")
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, part) for part in parts]
        for path, part in zip(paths, parts, strict=True):
            Path(path).touch(mode=0o600)
            Path(path).write_bytes(base64.b64decode(user[part]))
        context.load_cert_chain(*paths)
