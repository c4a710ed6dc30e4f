"""A whole dashboard: its panels where Grafana puts them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from drawing import svg
from drawing.answers import Recording
from drawing.graphs import heat, lines
from drawing.parts import Area, Panel
from drawing.tables import bars, numbers, table

WIDTH = 1200.0
COLUMN = (WIDTH - 20) / 24
UNIT = 34.0
"""How high one of Grafana's rows is."""

HEADER = 52.0
GAP = 8.0

LOOKS = {"stat": numbers, "timeseries": lines, "bargauge": bars, "heatmap": heat, "table": table}


def drawn(board: Mapping[str, Any], recording: Recording, chosen: str = "") -> str:
    """Return a dashboard as the text of an SVG file.

    Parameters
    ----------
    board
        The dashboard as Grafana has it.
    recording
        What Prometheus answered to its queries.
    chosen
        What was chosen at the top, in words.
    """
    lowest = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in board["panels"])
    shapes = [svg.text(14, 32, board["title"], size=18, bold=True)]
    shapes += [svg.text(WIDTH - 14, 32, chosen, size=12, color=svg.QUIET, anchor="end")]
    for panel in board["panels"]:
        shapes += _panel(panel, recording)
    return svg.picture(WIDTH, HEADER + lowest * UNIT + 4, board["title"], shapes)


def _panel(panel: Panel, recording: Recording) -> Iterator[str]:
    place = panel["gridPos"]
    x, y = 10 + place["x"] * COLUMN, HEADER + place["y"] * UNIT
    if panel["type"] == "row":
        yield svg.text(x + 4, y + 22, f"▾ {panel['title']}", size=13, bold=True)
        return
    width, height = place["w"] * COLUMN - GAP, place["h"] * UNIT - GAP
    yield svg.box(x, y, width, height, svg.CARD, stroke=svg.LINE, radius=3)
    yield svg.text(x + 10, y + 19, panel["title"], size=12, bold=True)
    yield from _inside(panel, recording, Area(x + 10, y + 26, width - 20, height - 36))


def _inside(panel: Panel, recording: Recording, area: Area) -> Iterator[str]:
    found = [one for one in recording.of(panel) if not math.isnan(one.last)]
    if found:
        yield from LOOKS[panel["type"]](panel, found, recording, area)
        return
    middle = (area.x + area.width / 2, area.y + area.height / 2)
    yield svg.text(*middle, "No data", size=13, color=svg.QUIET, anchor="middle")
