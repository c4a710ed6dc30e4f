"""What the ways to draw a panel have in common: an area, axes and a legend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drawing import svg
from drawing.answers import Recording, Series
from drawing.numbers import written

Panel = Mapping[str, Any]

LEGEND_LINE = 14.0
LEGEND_LINES = 3
"""A legend that would take more ends with three dots."""

CHARACTER = 5.4
"""How wide a character of the legend is, on average."""

AXIS, WIDE = 52.0, 66.0
"""How wide the numbers beside a scale may be, and the bounds beside heat."""


@dataclass(frozen=True)
class Area:
    """A rectangle to draw in."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height


def unit(panel: Panel) -> str:
    """Return the unit of a panel's numbers."""
    return str(panel["fieldConfig"]["defaults"]["unit"])


def legend(
    panel: Panel, found: Sequence[Series], palette: Sequence[str], area: Area
) -> tuple[list[str], Area]:
    """Return the legend at the foot of an area, and what it leaves of that."""
    lines: list[list[tuple[float, str, str]]] = [[]]
    x = area.x
    for series, color in zip(found, palette, strict=True):
        words = f"{series.name}  {written(series.last, unit(panel))}"
        width = 26 + len(words) * CHARACTER
        if lines[-1] and x + width > area.right:
            if len(lines) == LEGEND_LINES:
                lines[-1].append((x, "…", svg.QUIET))
                break
            lines.append([])
            x = area.x
        lines[-1].append((x, words, color))
        x += width
    shapes: list[str] = []
    y = area.bottom - (len(lines) - 1) * LEGEND_LINE
    for line in lines:
        for x, words, color in line:
            shapes.append(svg.box(x, y - 5, 10, 3, color))
            shapes.append(svg.text(x + 14, y, words, size=10, color=svg.QUIET))
        y += LEGEND_LINE
    used = len(lines) * LEGEND_LINE + 6
    return shapes, Area(area.x, area.y, area.width, area.height - used)


def clock(recording: Recording, area: Area, place: Callable[[float], float]) -> Iterator[str]:
    """Yield the times below an area: minutes since the recording began."""
    whole = recording.end - recording.start
    step = next(one for one in (15, 30, 60, 120, 300, 600, 1800, 3600) if whole / one <= 6)
    for number in range(int(whole // step) + 1):
        seconds = number * step
        words = time.strftime("%M:%S", time.gmtime(seconds))
        x = place(recording.start + seconds)
        if x + 14 <= area.right:
            yield svg.text(x, area.bottom + 13, words, size=10, color=svg.QUIET, anchor="middle")
