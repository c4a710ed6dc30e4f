"""Open connections to one API server, kept for the next request."""

from __future__ import annotations

import http.client
import socket
import threading

from fairlead.backends.kubernetes.connection import Connection

CONNECT_SECONDS = 10.0
"""How long a connection may take to come about."""

_KEEP = 16
"""Most idle connections that are kept."""

_KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""Seconds and tries after which a connection whose other end is silently gone is given up."""


class _Secure(http.client.HTTPSConnection):
    """HTTPS to a server whose certificate may have another name than its host."""

    def __init__(self, to: Connection, host: str, port: int) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=to.tls)
        self._server_name = to.server_name

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        name = self._server_name or getattr(self, "_tunnel_host", None) or self.host
        context: object = getattr(self, "_context", None)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)  # type: ignore[attr-defined]


def connect(to: Connection) -> http.client.HTTPConnection:
    """Return a new connection that is open.

    Raises
    ------
    OSError
        If the server cannot be reached, or its certificate is not trusted.
    """
    host, port = to.proxy or (to.host, to.port)
    made = (
        http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
        if to.tls is None
        else _Secure(to, host, port)
    )
    if to.proxy is not None:
        made.set_tunnel(to.host, to.port)
    made.connect()
    _keep_alive(made.sock)
    return made


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:  # not every system has them
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


class Pool:
    """Connections by whoever needs one; each is used by one thread at a time."""

    def __init__(self, to: Connection) -> None:
        self._to = to
        self._guard = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []

    def take(self) -> tuple[http.client.HTTPConnection, bool]:
        """Return a connection, and whether it was used before (so it may be dead)."""
        with self._guard:
            if self._idle:
                return self._idle.pop(), True
        return connect(self._to), False

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        """Keep a connection whose answer was read to its end."""
        with self._guard:
            if len(self._idle) < _KEEP:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close those that are idle."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
