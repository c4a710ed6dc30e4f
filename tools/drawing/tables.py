"""Panels without a time axis: single numbers, bars and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from drawing import colors, svg
from drawing.answers import Recording, Series
from drawing.numbers import written
from drawing.parts import Area, Panel, unit

ROW = 22.0


def numbers(
    panel: Panel, found: Sequence[Series], recording: Recording, area: Area
) -> Iterator[str]:
    """Yield the last value of each series, large, with its way there behind it."""
    names = panel["options"]["textMode"] == "name"
    single = len(found) == 1
    for place, series in enumerate(found):
        color = colors.of_value(panel, series.last)
        shown = series.name if names else written(series.last, unit(panel))
        middle = area.x + area.width * (place + 0.5) / len(found)
        size = 28 if single else 18
        yield svg.text(
            middle, area.y + 38, shown, size=size, color=color, anchor="middle", bold=True
        )
        if not single and not names:
            yield svg.text(middle, area.y + 56, series.name, color=svg.QUIET, anchor="middle")
        if single and len(series.points) > 1 and panel["options"]["graphMode"] != "none":
            yield from _trace(series, color, Area(area.x, area.bottom - 24, area.width, 24))


def _trace(series: Series, color: str, area: Area) -> Iterator[str]:
    values = [value for _, value in series.points if math.isfinite(value)]
    most = max(values, default=0) or 1.0
    across = area.width / max(len(values) - 1, 1)
    points = [
        (area.x + place * across, area.bottom - value / most * (area.height - 2))
        for place, value in enumerate(values)
    ]
    yield svg.area([*points, (points[-1][0], area.bottom), (area.x, area.bottom)], color)
    yield svg.line(points, color, width=1)


def bars(panel: Panel, found: Sequence[Series], recording: Recording, area: Area) -> Iterator[str]:
    """Yield a bar for each series."""
    most = panel["fieldConfig"]["defaults"].get("max") or max(one.last for one in found) or 1
    for place, series in enumerate(sorted(found, key=lambda one: one.name)):
        y = area.y + 10 + place * 30
        width = area.width - 150
        yield svg.text(area.x, y + 13, series.name, color=svg.QUIET)
        yield svg.box(area.x + 80, y, width, 18, svg.LINE, radius=2)
        color = colors.of_value(panel, series.last)
        yield svg.box(area.x + 80, y, width * min(series.last / most, 1), 18, color, radius=2)
        shown = written(series.last, unit(panel))
        yield svg.text(area.right, y + 14, shown, size=12, color=color, anchor="end", bold=True)


def table(panel: Panel, found: Sequence[Series], recording: Recording, area: Area) -> Iterator[str]:
    """Yield a table: a row for each value of the label, a column for each query."""
    [label] = {name for one in found for name in one.labels}
    columns = [target["legendFormat"] for target in panel["targets"]]
    units = {
        one["matcher"]["options"]: one["properties"][0]["value"]
        for one in panel["fieldConfig"]["overrides"]
        if one["properties"][0]["id"] == "unit"
    }
    cells = {(one.labels[label], one.name): one.last for one in found}
    first = columns[0]
    rows = sorted({row for row, _ in cells}, key=lambda row: -cells.get((row, first), 0.0))
    rows = rows[: int(area.height // ROW) - 1]
    narrow = area.width * 0.6 / len(columns)
    for place, words in enumerate([label, *columns]):
        x = area.x if place == 0 else area.right - (len(columns) - place) * narrow
        anchor = "start" if place == 0 else "end"
        yield svg.text(x, area.y + 14, words, color=svg.INK, anchor=anchor, bold=True)
    for number, row in enumerate(rows, start=1):
        y = area.y + 14 + number * ROW
        yield svg.line([(area.x, y - 15), (area.right, y - 15)], svg.LINE, width=1)
        yield svg.text(area.x, y, row, color=colors.NAMED["blue"])
        for place, column in enumerate(columns, start=1):
            value = cells.get((row, column), math.nan)
            words = written(value, units.get(column, unit(panel)))
            yield svg.text(area.right - (len(columns) - place) * narrow, y, words, anchor="end")
