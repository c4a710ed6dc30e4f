"""Asks a Prometheus what Grafana would, and keeps what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.prometheus import Prometheus

BOARDS = Path(__file__).resolve().parents[3] / "charts" / "fairlead" / "dashboards"

Answer = list[dict[str, Any]]
"""Each series: its labels, and its times and values."""


@dataclass(frozen=True)
class View:
    """What is chosen at the top of a dashboard.

    Attributes
    ----------
    start, end
        The time that is shown, in seconds since 1970.
    step
        The seconds from one point to the next.
    rate
        The seconds over which rates are taken.
    chosen
        The values of the dashboard's own variables.
    """

    start: float
    end: float
    step: float
    rate: float
    chosen: Mapping[str, str]

    def asked(self, query: str) -> str:
        """Return a query as Grafana sends it."""
        own = {f"${name}": value for name, value in self.chosen.items()}
        times = {
            "$__rate_interval": f"{self.rate:.0f}s",
            "$__range": f"{self.end - self.start:.0f}s",
        }
        for name, value in {**times, **own}.items():
            query = query.replace(name, value)
        assert "$" not in query, query
        return query


def boards() -> dict[str, dict[str, Any]]:
    """Return the dashboards of the chart by their names."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(BOARDS.glob("*.json"))}


def ask(server: Prometheus, board: Mapping[str, Any], view: View) -> dict[str, list[Answer]]:
    """Return the answers to all queries of a dashboard, by the ids of its panels."""
    return {
        str(panel["id"]): [_answer(server, target, view) for target in panel["targets"]]
        for panel in board["panels"]
        if panel["type"] != "row"
    }


def _answer(server: Prometheus, target: Mapping[str, Any], view: View) -> Answer:
    query = view.asked(target["expr"])
    if target["instant"]:
        samples = server.query(query, at=view.end)
        return [{"labels": one.labels, "points": [[view.end, one.value]]} for one in samples]
    series = server.series(query, view.start, view.end, view.step)
    return [
        {"labels": labels, "points": [list(one) for one in points]} for labels, points in series
    ]
