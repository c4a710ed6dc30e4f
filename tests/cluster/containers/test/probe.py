"""Runs in a pod of the tests: looks at the pod from within and says what it sees, as JSON.

``probe.py api`` asks the API server who this pod is, by the cluster address and by name;
``probe.py serve PORT`` answers every request with its own name until it is told to end;
``probe.py sleep`` only lives.
"""

import http.server
import json
import os
import signal
import socket
import ssl
import sys
import urllib.request
from pathlib import Path

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def ask(host: str) -> object:
    """Ask the API server at ``host`` who the holder of this pod's token is."""
    port = os.environ["KUBERNETES_SERVICE_PORT"]
    request = urllib.request.Request(
        f"https://{host}:{port}/apis/authentication.k8s.io/v1/selfsubjectreviews",
        method="POST",
        data=b'{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}',
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/json",
        },
    )
    trusted = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, context=trusted, timeout=10) as answer:
        return json.load(answer)["status"]["userInfo"]["username"]


def api() -> None:
    """Print who this is: to the system, and to the API server by address and by name."""
    name = "kubernetes.default.svc.cluster.local"
    seen = {
        "uid": os.getuid(),
        "by_address": ask(os.environ["KUBERNETES_SERVICE_HOST"]),
        "by_name": ask("kubernetes.default.svc"),
        "resolved": socket.gethostbyname(name),
    }
    print(json.dumps(seen))


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers every request with the name of the pod."""

    def do_GET(self) -> None:
        """Answer."""
        body = socket.gethostname().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Do what the first argument says."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    match sys.argv[1:]:
        case ["api"]:
            api()
        case ["serve", port]:
            server = http.server.ThreadingHTTPServer(("", int(port)), Hello)
            print("alive", flush=True)
            server.serve_forever()
        case _:
            print("alive", flush=True)
            signal.pause()


if __name__ == "__main__":
    main()
