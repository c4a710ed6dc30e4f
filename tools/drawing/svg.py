"""The few shapes that pictures are made of, as text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Point = tuple[float, float]

INK, QUIET, LINE, CARD, PAGE = "#24292e", "#6a737d", "#dfe3e8", "#ffffff", "#f4f5f5"


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 11,
    color: str = INK,
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """Return a line of text that stands on ``y``."""
    weight = ' font-weight="600"' if bold else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}"'
    return f'<text {place} text-anchor="{anchor}"{weight}>{escape(words, quote=False)}</text>'


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    *,
    stroke: str = "none",
    radius: float = 0,
    opacity: float = 1,
) -> str:
    """Return a rectangle."""
    more = f' rx="{radius:g}"' if radius else ""
    more += f' fill-opacity="{opacity:.2f}"' if opacity < 1 else ""
    size = f'width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{fill}" stroke="{stroke}"{more}/>'


def line(points: Sequence[Point], color: str, *, width: float = 1.4, dashes: str = "") -> str:
    """Return a line through points; a single one becomes a dot."""
    if len(points) == 1:
        (x, y) = points[0]
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width:g}" fill="{color}"/>'
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width:g}"{dashed}/>'


def area(points: Sequence[Point], color: str) -> str:
    """Return a surface, lightly filled, whose border is not drawn."""
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
    return f'<path d="{path}" fill="{color}" fill-opacity="0.3"/>'


def picture(width: float, height: float, title: str, shapes: Sequence[str]) -> str:
    """Return a whole file."""
    family = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" '
        f'height="{height:g}" viewBox="0 0 {width:g} {height:g}" font-family="{family}" '
        f'style="max-width:100%;height:auto">'
    )
    page = box(0, 0, width, height, PAGE)
    return "\n".join([head, f"<title>{escape(title)}</title>", page, *shapes, "</svg>"]) + "\n"
