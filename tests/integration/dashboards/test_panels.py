"""Every panel of every dashboard shows something, once a job has run."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import prometheus
from tests.cluster.fixtures import cannot
from tests.cluster.prometheus import Prometheus
from tests.cluster.prometheus_package import find
from tests.cluster.shell import UnsupportedError
from tests.integration.dashboards.asking import Answer, View, ask, boards
from tests.integration.dashboards.work import Photos
from tests.site.fixtures import Site

from drawing.answers import Recording
from drawing.board import drawn

ALERTS = Path(__file__).resolve().parents[3] / "charts" / "fairlead" / "alerts" / "fairlead.yaml"

WITHOUT_LIMIT = "this operator is a process without a limit on its memory"
EMPTY = {
    ("fairlead-operator", "Memory", "stat", 0): WITHOUT_LIMIT,
    ("fairlead-operator", "Memory", "timeseries", 1): WITHOUT_LIMIT,
}
"""Queries that need not have an answer here, by dashboard, panel and place, and why."""


@pytest.fixture
def photos(site: Site) -> Iterator[Photos]:
    made = Photos(site, f"few-{site.namespace}")
    made.prepare()
    try:
        yield made
    finally:
        made.clear_away()


@pytest.fixture
def server(site: Site, tmp_path: Path) -> Iterator[Prometheus]:
    try:
        find("prometheus")
    except UnsupportedError as reason:
        cannot(reason)
    target = f"127.0.0.1:{site.operator.port}"
    with prometheus.running(tmp_path, [target], interval="2s", rules=[ALERTS]) as found:
        yield found


def test_every_panel_shows_what_jobs_do(photos: Photos, server: Prometheus) -> None:
    server.scraped()
    start = time.time()
    interrupted = photos.long(8.0)
    job = photos.day(4)
    photos.interrupt(interrupted)
    assert photos.wait(job) == "Completed"
    assert photos.wait(interrupted) == "Completed"
    # Twice: a rate needs two values.
    server.scraped()
    server.scraped()
    chosen = {"namespace": ".*", "identifier": "photos.example/Resize", "size": ".*"}
    end = time.time()
    view = View(start, end, 2.0, 20.0, chosen)
    told = {name: ask(server, board, view) for name, board in boards().items()}

    silent = [
        (name, panel["title"], panel["type"], place)
        for name, board in boards().items()
        for panel in board["panels"]
        if panel["type"] != "row"
        for place, answer in enumerate(told[name][str(panel["id"])])
        if not any(math.isfinite(value) for one in answer for _, value in one["points"])
    ]
    assert [one for one in silent if one not in EMPTY] == []
    for name, board in boards().items():
        assert board["title"] in drawn(board, Recording(start, end, 2.0, told[name]))

    # What is shown is what was done.
    attempts = _panel(told, "fairlead-fleet", "Identifiers, in the time shown")[0]
    assert {one["labels"]["identifier"] for one in attempts} == {
        f"photos.example/{name}" for name in ("Resize", "Describe", "Album", "Page")
    }
    limits = _panel(told, "fairlead-fleet", "Sizes at their limit")[0]
    assert photos.few in {one["labels"]["size"] for one in limits}
    [peak] = _panel(told, "fairlead-identifier", "Peak memory", "stat")[0]
    assert peak["points"][0][1] > 16 * 2**20
    ended = _panel(told, "fairlead-fleet", "What the platform ended or never started")[0]
    assert "Disrupted" in {one["labels"]["outcome"] for one in ended}


def _panel(
    told: dict[str, dict[str, list[Answer]]], board: str, title: str, kind: str = ""
) -> list[Answer]:
    [number] = [
        str(panel["id"])
        for panel in boards()[board]["panels"]
        if panel["title"] == title and kind in ("", panel["type"])
    ]
    return told[board][number]


def test_alerts_are_asked_of_real_numbers(photos: Photos, server: Prometheus) -> None:
    """All of them can be evaluated, and where all is well none fires."""
    server.scraped()
    assert photos.wait(photos.long(0.1)) == "Completed"
    server.scraped()
    rules = [rule for group in server.get("rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 15
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] == "err"} == {}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []
