"""What dashboards and alerts show: the files of the chart, read as Grafana and Prometheus do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "charts" / "fairlead"
ALERTS = CHART / "alerts" / "fairlead.yaml"
RUNBOOKS = ROOT / "docs" / "runbooks"

BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text())
    for path in sorted((CHART / "dashboards").glob("*.json"))
}
"""The dashboards by the names of their files."""

RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load(ALERTS.read_text())["groups"]
    for rule in group["rules"]
}
"""The alerts by their names."""

LABEL_VALUES = re.compile(r"label_values\((?P<selector>.*), (?P<label>\w+)\)")


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of a dashboard, headings aside."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def variables(board: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, selector and label of each variable that Prometheus is asked for."""
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        found = LABEL_VALUES.fullmatch(variable["query"]["query"])
        assert found, variable
        yield variable["name"], found["selector"], found["label"]


def queries() -> dict[str, str]:
    """Return the queries of everything that is shown, by what shows them."""
    found: dict[str, str] = {}
    for name, board in BOARDS.items():
        for panel in panels(board):
            for target in panel["targets"]:
                place = f"{name} / {panel['title']} ({panel['id']}) {target['refId']}"
                found[place] = target["expr"]
        for variable, selector, _ in variables(board):
            found[f"{name} ${variable}"] = selector
    return found | {name: rule["expr"] for name, rule in RULES.items()}


QUERIES = queries()
