"""The numbers that a trial of an installation looks at, and how it says what is wanting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fairlead.errors import BackendUnavailableError
from fairlead_operator import trial

STANDS_BY = "fairlead_operator_leader 0\n"
ACTS = """\
fairlead_operator_leader 1
process_start_time_seconds 12
fairlead_attempts_total{outcome="Succeeded",identifier="a",size="small"} 3
fairlead_attempts_total{outcome="Succeeded",identifier="b",size="small"} 4
fairlead_attempts_total{outcome="Raised",identifier="b",size="small"} 9
"""


@pytest.fixture
def answers() -> list[str]:
    """What is answered, one after another; the last again and again."""
    return []


@pytest.fixture
def address(answers: list[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write((answers.pop(0) if len(answers) > 1 else answers[0]).encode())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/metrics"
    server.shutdown()
    server.server_close()


def test_the_numbers_are_those_of_the_one_that_acts(address: str, answers: list[str]) -> None:
    answers += [STANDS_BY, "no numbers at all", ACTS]
    assert trial.numbers(address) == trial.Numbers(started=12, succeeded=7)


def test_without_one_that_acts_there_are_none(address: str, answers: list[str]) -> None:
    answers.append(STANDS_BY)
    with pytest.raises(BackendUnavailableError, match="it is one that stands by"):
        trial.numbers(address, patience=0)
    with pytest.raises(BackendUnavailableError, match=r"are not at http://127\.0\.0\.1:9"):
        trial.numbers("http://127.0.0.1:9/metrics", patience=0)


def test_the_job_names_its_release_and_size() -> None:
    made = trial.Trial("here", "mine", 10, 60, size="large").job("one")
    assert (made["spec"]["release"], made["spec"]["machineSize"]) == ("mine", "large")
    assert "machineSize" not in trial.Trial("here", "mine", 10, 60).job("one")["spec"]
