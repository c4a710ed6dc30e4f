"""The Prometheus that other tests use: it reads what is served, and says what is wrong."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.cluster import prometheus
from tests.cluster.fixtures import cannot
from tests.cluster.prometheus_package import find
from tests.cluster.shell import ClusterError, UnsupportedError

TEXT = """\
# HELP fruit Fruit that is there.
# TYPE fruit gauge
fruit{kind="apple"} 3
fruit{kind="pear"} 4
"""


@pytest.fixture(autouse=True)
def _there() -> None:
    try:
        find("prometheus")
    except UnsupportedError as reason:
        cannot(reason)


class _Numbers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(TEXT.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: this is a test's server."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the numbers; the value is the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Numbers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_it_reads_what_is_served(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "groups: [{name: all, rules: [{record: 'all:fruit', expr: sum(fruit)}]}]", encoding="utf-8"
    )
    with served() as address, prometheus.running(tmp_path, [address], rules=[rules]) as server:
        server.scraped()

        assert server.value("sum(fruit)") == 7
        assert {one.labels["kind"]: one.value for one in server.query("fruit")} == {
            "apple": 3,
            "pear": 4,
        }
        assert {"fruit", "up"} <= server.names()
        assert server.get("rules")["groups"][0]["rules"][0]["name"] == "all:fruit"
        with pytest.raises(ClusterError, match="parse error"):
            server.query("sum(")


def test_promtool_finds_fault_with_a_counter_without_total() -> None:
    assert prometheus.promtool("check", "metrics", feed=TEXT) == ""
    with pytest.raises(ClusterError, match="_total"):
        prometheus.promtool("check", "metrics", feed="# HELP a A.\n# TYPE a counter\na 1\n")
