"""A gate that pods ask whether it is open: a web server of this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Gate:
    """Closed until somebody opens it.

    Attributes
    ----------
    address
        What pods ask.
    """

    def __init__(self, address: str, opened: threading.Event) -> None:
        self.address = address
        self._opened = opened

    def open(self) -> None:
        """Let everybody through who waits, or comes later."""
        self._opened.set()


@contextmanager
def gate(host: str) -> Iterator[Gate]:
    """Have a gate at an address of this machine for as long as a block."""
    opened = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if opened.is_set() else 503)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((host, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Gate(f"http://{host}:{server.server_address[1]}/", opened)
    finally:
        server.shutdown()
        server.server_close()
