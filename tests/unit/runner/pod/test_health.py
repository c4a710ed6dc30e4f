"""The liveness probe is answered."""

from __future__ import annotations

import http.client

import pytest

from fairlead.runner.pod.health import serve_health


def test_the_probe_is_answered_and_nothing_else(capfd: pytest.CaptureFixture[str]) -> None:
    port = serve_health(0)
    for path, status in (("/healthz", 200), ("/", 404), ("/healthz", 200)):
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        connection.request("GET", path)
        assert connection.getresponse().status == status
        connection.close()
    assert capfd.readouterr().err == ""
