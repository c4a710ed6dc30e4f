"""Panels with time on one axis: lines, surfaces and heat."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from drawing import colors, svg
from drawing.answers import Points, Recording, Series
from drawing.numbers import ticks, written
from drawing.parts import AXIS, WIDE, Area, Panel, clock, legend, unit

HOTTEST = (204, 70, 0)
COLDEST = (255, 237, 217)


def lines(panel: Panel, found: Sequence[Series], recording: Recording, area: Area) -> Iterator[str]:
    """Yield lines, or surfaces that add up."""
    palette = [colors.of_series(panel, one.name, place) for place, one in enumerate(found)]
    words, area = legend(panel, found, palette, area)
    yield from words
    plot = Area(area.x + AXIS, area.y + 6, area.width - AXIS, area.height - 24)
    stacked = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
    layers = _stacked(found) if stacked else [(one.points, []) for one in found]
    highest = max(
        (value for points, _ in layers for _, value in points if not math.isnan(value)), default=1
    )
    scale = ticks(max(highest, panel["fieldConfig"]["defaults"].get("max", 0)), unit(panel))

    def x(when: float) -> float:
        return plot.x + (when - recording.start) / (recording.end - recording.start) * plot.width

    def y(value: float) -> float:
        return plot.bottom - value / scale[-1] * plot.height

    for value in scale:
        yield svg.line([(plot.x, y(value)), (plot.right, y(value))], svg.LINE, width=1)
        shown = written(value, unit(panel))
        yield svg.text(plot.x - 6, y(value) + 3.5, shown, size=10, color=svg.QUIET, anchor="end")
    yield from clock(recording, plot, x)
    for (points, below), color in reversed(list(zip(layers, palette, strict=True))):
        for part in _unbroken(points, recording.step):
            drawn = [(x(when), y(value)) for when, value in part]
            if below and len(part) > 1:
                floor = dict(below)
                bottom = [(x(when), y(floor.get(when, 0.0))) for when, _ in reversed(part)]
                yield svg.area([*drawn, *bottom], color)
            yield svg.line(drawn, color)
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]:
        if step["value"] < scale[-1]:
            height = y(step["value"])
            ends = [(plot.x, height), (plot.right, height)]
            yield svg.line(ends, colors.NAMED[step["color"]], width=1, dashes="4 4")


def _stacked(found: Sequence[Series]) -> list[tuple[Points, Points]]:
    """Return the upper and the lower border of each series, on top of those before it."""
    times = sorted({when for one in found for when, _ in one.points})
    floor = dict.fromkeys(times, 0.0)
    layers: list[tuple[Points, Points]] = []
    for one in found:
        below = list(floor.items())
        upper: Points = []
        for when, value in one.points:
            if not math.isnan(value):
                floor[when] += value
                upper.append((when, floor[when]))
        layers.append((upper, below))
    return layers


def _unbroken(points: Points, step: float) -> Iterator[Points]:
    """Yield the parts of a line between times at which nothing was known."""
    part: Points = []
    for when, value in points:
        if math.isnan(value) or math.isinf(value):
            continue
        if part and when - part[-1][0] > 1.5 * step:
            yield part
            part = []
        part.append((when, value))
    if part:
        yield part


def heat(panel: Panel, found: Sequence[Series], recording: Recording, area: Area) -> Iterator[str]:
    """Yield a field for each stretch of time and bucket, the warmer the more fell into it."""
    buckets = sorted(found, key=lambda one: float(one.name))
    counts = list(_counts(buckets))
    used = [place for place, column in enumerate(counts) if any(n > 0 for n in column.values())]
    if not used:
        return
    shown = range(max(used[0] - 1, 0), min(used[-1] + 2, len(counts)))
    plot = Area(area.x + WIDE, area.y + 6, area.width - WIDE, area.height - 24)
    high = plot.height / len(shown)
    most = max(n for place in shown for n in counts[place].values())
    across = plot.width / ((recording.end - recording.start) / recording.step)

    def x(when: float) -> float:
        return plot.x + (when - recording.start) / (recording.end - recording.start) * plot.width

    for row, place in enumerate(shown):
        top = plot.bottom - (row + 1) * high
        if row % (len(shown) // 6 + 1) == 0:
            bound = float(buckets[place].name)
            words = f"≤ {written(bound, unit(panel))}"
            yield svg.text(
                plot.x - 6, top + high / 2 + 3.5, words, size=10, color=svg.QUIET, anchor="end"
            )
        for when, count in counts[place].items():
            left = max(x(when) - across, plot.x)
            if count > 0 and x(when) > plot.x:
                color = _warmth(math.sqrt(count / most))
                yield svg.box(left, top + 0.5, x(when) - left - 0.5, high - 1, color)
    yield from clock(recording, plot, x)


def _counts(buckets: Sequence[Series]) -> Iterator[dict[float, float]]:
    """Yield, for each bucket, how many fell into it alone: buckets hold those below, too."""
    known = [dict(one.points) for one in buckets]
    yield known[0]
    for below, whole in pairwise(known):
        yield {when: count - below.get(when, 0.0) for when, count in whole.items()}


def _warmth(share: float) -> str:
    mixed = (round(cold + (hot - cold) * share) for cold, hot in zip(COLDEST, HOTTEST, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
