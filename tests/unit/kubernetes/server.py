"""A server that answers as an API server would, and as one would that has trouble."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from fairlead.backends.kubernetes.connection import Connection

Answer = Callable[["Exchange"], None]


class Request(NamedTuple):
    """What a client has sent."""

    command: str
    path: str
    headers: Message
    body: Any
    client_address: Any


class Exchange(BaseHTTPRequestHandler):
    """One request; the script of the server says what to answer."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.seen.append(
            Request(self.command, self.path, self.headers, body, self.client_address)
        )
        self.server.next()(self)

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  the names are the library's

    def answer(self, status: int = 200, body: Any = None, **headers: str) -> None:
        """Send a whole answer."""
        data = json.dumps({} if body is None else body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def lines(self, *lines: Any) -> None:
        """Send lines of JSON as a watch does, and leave the answer open."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.more(*lines)

    def more(self, *lines: Any) -> None:
        """Send further lines."""
        for line in lines:
            data = json.dumps(line).encode() + b"\n"
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def end(self) -> None:
        """End an answer that was left open."""
        self.wfile.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        """Close the connection without another word."""
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Answers requests with one answer after another; the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.script: list[Answer] = []
        self.seen: list[Request] = []
        self._guard = threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> Answer:
        with self._guard:
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that have hung up."""

    @property
    def connection(self) -> Connection:
        """The connection to it."""
        port = self.server_address[1]
        return Connection("127.0.0.1", int(port), None, "team", "the cluster of the test")
