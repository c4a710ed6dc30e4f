"""Says that the agent lives, to the kubelet's liveness probe."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answers(BaseHTTPRequestHandler):
    timeout = 5

    def do_GET(self) -> None:
        is_known = self.path == "/healthz"
        body = b"ok\n" if is_known else b"not found\n"
        # Without a line in the log: the probe asks every few seconds.
        self.send_response_only(200 if is_known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve_health(port: int) -> int:
    """Answer on a port from now on; return the port, another than 0 where 0 means any."""
    server = ThreadingHTTPServer(("", port), _Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="fairlead-health", daemon=True).start()
    return int(server.server_address[1])
