"""Sends one request at a time over a pool of connections, and reads answers or streams.

No second tries here: see :mod:`fairlead_operator.kube.client`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from fairlead_operator.kube.config import ClusterConfig
from fairlead_operator.kube.counts import NO_ANSWER, RequestCounts
from fairlead_operator.kube.errors import UnauthorizedError, UnavailableError, from_answer
from fairlead_operator.kube.request import Request

CONNECT_SECONDS = 10.0
"""How long a connection may take to be made."""

READ_BYTES = 256 * 1024
"""How much of a stream is kept unread before the server is made to wait."""

LOST = (aiohttp.ClientError, TimeoutError, OSError)
"""What is raised where there is no answer, or no whole one."""

_KEEPALIVE = (
    # Nothing was heard for 15 s: ask five times, 5 s apart, then give the connection up.
    ("TCP_KEEPIDLE", 15),
    ("TCP_KEEPINTVL", 5),
    ("TCP_KEEPCNT", 5),
    # What was sent and is not acknowledged for 30 s (in ms) is not going to arrive.
    ("TCP_USER_TIMEOUT", 30_000),
)


class Transport:
    """Connections to one API server.

    Parameters
    ----------
    agent
        What to call ourselves; the server takes the part before the slash as the name of who
        manages the fields that are written.
    counts
        Where to count requests; a place of its own, if none is given.
    """

    def __init__(
        self, config: ClusterConfig, *, agent: str, counts: RequestCounts | None = None
    ) -> None:
        self.config = config
        self.counts = counts or RequestCounts()
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, *, seconds: float) -> bytes:
        """Send a request and return the answer's body.

        Raises
        ------
        KubeError
            If the server refuses, fails, or has not answered after ``seconds``.
        """
        began = time.monotonic()
        code = NO_ANSWER
        try:
            async with self._open(request, seconds) as answer:
                body: bytes = await answer.read()
                code = str(answer.status)
                self._check(answer, body)
                return body
        except LOST as problem:
            raise self._lost(request, problem) from problem
        finally:
            took = time.monotonic() - began
            self.counts.add(request.verb, request.resource, code, took)

    @asynccontextmanager
    async def stream(self, request: Request, *, seconds: float) -> AsyncIterator[Stream]:
        """Send a request whose answer goes on and on, for ``seconds`` at most.

        Raises
        ------
        KubeError
            If the server refuses, or there is no answer; and while the stream is read, if
            the connection breaks or the time is over.
        """
        code = NO_ANSWER
        try:
            async with AsyncExitStack() as stack:
                try:
                    answer = await stack.enter_async_context(self._open(request, seconds))
                    code = str(answer.status)
                    self._check(answer, b"" if answer.ok else await answer.read())
                except LOST as problem:
                    raise self._lost(request, problem) from problem
                yield Stream(request, answer.content)
        finally:
            self.counts.add(request.verb, request.resource, code)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self, request: Request, seconds: float) -> Any:
        session = self._session or self._start()
        headers = {"Accept": request.accept}
        if request.body is not None:
            headers["Content-Type"] = request.content
        if self.config.token is not None:
            headers["Authorization"] = f"Bearer {self.config.token.text()}"
        return session.request(
            request.method,
            f"{self.config.server}{request.path}",
            params=request.query,
            data=request.body,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
            server_hostname=self.config.server_name,
            allow_redirects=False,
        )

    def _check(self, answer: aiohttp.ClientResponse, body: bytes) -> None:
        if answer.status < 300:
            return
        error = from_answer(answer.status, body, answer.headers.get("Retry-After"))
        if isinstance(error, UnauthorizedError) and self.config.token is not None:
            self.config.token.forget()
        raise error

    def _lost(self, request: Request, problem: Exception) -> UnavailableError:
        """Return the error for a request without an answer."""
        if isinstance(problem, aiohttp.ClientSSLError):
            self.config.trust_anew()
        return _no_answer(request, problem)

    def _start(self) -> aiohttp.ClientSession:
        # As many connections as there are requests; the client above bounds those.
        connector = aiohttp.TCPConnector(
            limit=0,
            ssl=self.config.tls if self.config.tls is not None else True,
            socket_factory=_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._agent},
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=READ_BYTES,
        )
        return self._session


class Stream:
    """An answer that consists of lines and has no end.

    Parameters
    ----------
    request
        What is answered.
    content
        What aiohttp reads into.
    """

    def __init__(self, request: Request, content: aiohttp.StreamReader) -> None:
        self._request = request
        self._content = content

    async def lines(self) -> AsyncIterator[list[bytes]]:
        """Yield whole lines as they come, as many at once as have come.

        A line has no bound here: an object may take more than aiohttp's own reader of lines
        allows.

        Raises
        ------
        UnavailableError
            If the connection breaks, or the time is over.
        """
        rest = b""
        while chunk := await self._chunk():
            *whole, rest = (rest + chunk).split(b"\n")
            if whole:
                yield whole

    async def _chunk(self) -> bytes:
        try:
            return await self._content.readany()
        except LOST as problem:
            raise _no_answer(self._request, problem) from problem


def _no_answer(request: Request, problem: Exception) -> UnavailableError:
    if isinstance(problem, TimeoutError):
        return UnavailableError(0, "Timeout", f"{request.verb} {request.path}: no answer in time")
    told = str(problem) or type(problem).__name__
    return UnavailableError(0, "NoAnswer", f"{request.verb} {request.path}: {told}")


def _socket(address: tuple[Any, ...]) -> socket.socket:
    """Return a socket that notices by itself when its peer has vanished."""
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        # Linux has all of them; other systems some, by the same names.
        if (option := getattr(socket, name, None)) is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made
