"""The smallest parts of an SVG picture: texts, bars, lines with round corners."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from fairlead.core.states import TaskState
from fairlead.sdk.display.durations import STATE_ORDER
from fairlead.sdk.display.palette import paint
from fairlead.sdk.display.routes import CORNER, Point, Route

LEAST_PART = 4.0
"""Pixels that every state present has in a bar, however few they are."""

PART_GAP = 1.5


class Canvas:
    """Collects the elements of a picture, in the order in which they cover each other."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def bar(
        self, x: float, y: float, width: float, height: float, counts: Mapping[TaskState, int]
    ) -> None:
        """Draw how many are in which state; even a single one can be seen."""
        states = [state for state in STATE_ORDER if counts.get(state)]
        room = width - PART_GAP * (len(states) - 1) - LEAST_PART * len(states)
        total = sum(counts.values())
        for state in states:
            part = LEAST_PART + room * counts[state] / total
            self.parts.append(
                f'<rect x="{number(x)}" y="{number(y)}" width="{number(part)}" '
                f'height="{number(height)}" rx="2" {paint(state.value)}/>'
            )
            x += part + PART_GAP

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: int,
        color: str,
        *,
        bold: bool = False,
        tooltip: str = "",
    ) -> None:
        """Write words; ``x`` and ``y`` are where their base line begins."""
        title = f"<title>{xml(tooltip)}</title>" if tooltip else ""
        self.rich_text(x, y, title + xml(words), size, color, bold=bold)

    def rich_text(
        self, x: float, y: float, content: str, size: int, color: str, *, bold: bool = False
    ) -> None:
        """Write what may hold elements, and is escaped already."""
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{number(x)}" y="{number(y)}" font-size="{size}"{weight} '
            f"{paint(color)}>{content}</text>"
        )


def drawn(route: Route) -> str:
    """Return the elements of a line."""
    points = route.points
    head = ""
    if route.head:
        x, y = points[-1]
        points = (*points[:-1], (x - 6, y))
        head = f'<path d="M{number(x)} {number(y)}l-8-4v8z" {paint("edge")}/>'
    dashes = ' stroke-dasharray="5 3.5"' if route.dashed else ""
    return f'<path d="{_path(points)}" {paint(None, "edge")} stroke-width="1.4"{dashes}/>{head}'


def _path(points: tuple[Point, ...]) -> str:
    """Return a path through corners, which are rounded."""
    corners = [
        point for place, point in enumerate(points) if place == 0 or point != points[place - 1]
    ]
    path = [f"M{number(corners[0][0])} {number(corners[0][1])}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(CORNER, _distance(before, corner) / 2, _distance(corner, after) / 2)
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        path.append(f"L{_pair(start)}Q{_pair(corner)} {_pair(end)}")
    path.append(f"L{_pair(corners[-1])}")
    return "".join(path)


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(corner: Point, other: Point, length: float) -> Point:
    whole = _distance(corner, other)
    share = length / whole if whole else 0.0
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def number(value: float) -> str:
    """Write a coordinate with at most one digit after the point."""
    return f"{value:.1f}".removesuffix(".0")


def xml(text: str) -> str:
    """Return text as it stands in an element or in an attribute's quotes."""
    return escape(text, quote=True)
