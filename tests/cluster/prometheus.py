"""A real Prometheus on this machine, for as long as a test: it scrapes, keeps and answers.

::

    with prometheus.running(tmp_path, ["127.0.0.1:8080"]) as server:
        server.scraped()
        [sample] = server.query('sum(fairlead_tasks{state="Running"})')
        assert sample.value == 3

``promtool("check", "metrics", feed=text)`` runs the tool of the same package.
"""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import until
from tests.cluster.ports import free_port
from tests.cluster.prometheus_package import find
from tests.cluster.shell import ClusterError, HopelessError, direct, run

READY_SECONDS = 60
ATTEMPTS = 3
"""How often another port is tried where somebody took the one that was free."""


@dataclass(frozen=True)
class Sample:
    """One answer of a query: labels and the (last) value."""

    labels: dict[str, str]
    value: float


class Prometheus:
    """A running server.

    Attributes
    ----------
    url
        Its address, without a slash at the end.
    """

    def __init__(self, folder: Path, port: int, targets: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._targets = targets

    def query(self, expression: str, at: float | None = None) -> list[Sample]:
        """The value of an expression, now or at a time (seconds since 1970).

        Raises
        ------
        ClusterError
            If it is no valid PromQL, or no vector or scalar.
        """
        asked = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        found = self.get("query", **asked)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        if found["resultType"] != "vector":
            raise ClusterError(f"{expression} is a {found['resultType']}")
        return [Sample(dict(one["metric"]), float(one["value"][1])) for one in found["result"]]

    def value(self, expression: str, at: float | None = None) -> float:
        """The one value of an expression, now or at a time; 0 where there is no sample."""
        found = self.query(expression, at)
        if len(found) > 1:
            raise ClusterError(f"{expression} has {len(found)} values, not one")
        return found[0].value if found else 0.0

    def series(
        self, expression: str, start: float, end: float, step: float
    ) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """The values over a stretch of time: for each series its labels, times and values."""
        asked = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        found = self.get("query_range", query=expression, **asked)
        return [
            (dict(one["metric"]), [(float(when), float(text)) for when, text in one["values"]])
            for one in found["result"]
        ]

    def names(self) -> set[str]:
        """The names of all metrics it has seen."""
        return set(self.get("label/__name__/values"))

    def scraped(self, timeout: float = 60) -> None:
        """Wait until every target was read anew, wholly, from now on."""
        now = time.time()

        def done() -> bool:
            found = self.query(f"count(timestamp(up) > {now:.3f} and up == 1)")
            return bool(found) and found[0].value == self._targets

        until("every target was scraped anew", done, timeout=timeout)

    def get(self, path: str, **asked: str) -> Any:
        """What an address below ``/api/v1/`` answers with."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(asked)}"
        answer = json.loads(_read(address))
        if answer["status"] != "success":
            raise ClusterError(f"Prometheus refuses {asked or path}: {answer.get('error')}")
        return answer["data"]

    def said(self) -> str:
        """The end of its log."""
        return (self._folder / "prometheus.log").read_bytes()[-4000:].decode(errors="replace")


@contextmanager
def running(
    folder: Path,
    targets: Sequence[str],
    *,
    interval: str = "1s",
    rules: Sequence[Path] = (),
    job: str = "fairlead-operator",
) -> Iterator[Prometheus]:
    """Run a server for as long as the block.

    Parameters
    ----------
    folder
        Where its settings, data and log go.
    targets
        Addresses (host and port) whose ``/metrics`` are read, as one scrape job.
    interval
        How often they are read, and rules evaluated.
    rules
        Files of rules to load.
    """
    for number in range(ATTEMPTS):
        own = folder / f"prometheus-{number}"
        own.mkdir(parents=True)
        port = free_port()
        (own / "prometheus.yml").write_text(
            json.dumps(_settings(targets, interval, rules, job), indent=1)
        )
        process = _start(own, port)
        server = Prometheus(own, port, len(targets))
        try:
            until("Prometheus is ready", lambda: _ready(server, process), timeout=READY_SECONDS)  # noqa: B023
        except HopelessError:
            if number + 1 < ATTEMPTS and "address already in use" in server.said():
                continue
            raise
        else:
            yield server
            return
        finally:
            _end(process)


def promtool(*words: object, feed: str | None = None) -> str:
    """What promtool prints.

    Raises
    ------
    ClusterError
        If it finds fault or there is none; the message says which.
    """
    return run([find("promtool"), *words], feed=feed, env=direct(), timeout=120)


def _settings(
    targets: Sequence[str], interval: str, rules: Sequence[Path], job: str
) -> dict[str, Any]:
    return {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": interval,
            "evaluation_interval": interval,
        },
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": list(targets)}]}],
    }


def _start(own: Path, port: int) -> subprocess.Popen[bytes]:
    command = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        find("prometheus"),
        f"--config.file={own / 'prometheus.yml'}",
        f"--storage.tsdb.path={own / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (own / "prometheus.log").open("wb") as log:
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=own,
            env=direct() | {"GOMAXPROCS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _ready(server: Prometheus, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise HopelessError(f"Prometheus has ended; it said:\n{server.said()}")
    try:
        return bool(_read(f"{server.url}/-/ready"))
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def _read(address: str) -> bytes:
    """What an address on this machine answers, errors of the server's too."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        if "json" in error.headers.get("Content-Type", ""):
            return error.read()
        raise
