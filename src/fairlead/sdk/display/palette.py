"""The colours of SVG pictures, for light and dark surroundings, and the marks of states.

Light colours are written as attributes, dark ones as a style sheet that overrides them
where the reader prefers dark: a viewer that drops style sheets still shows the light
picture.  A state is told by the form of its mark and in words too, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.core.states import TaskState

LIGHT: Mapping[str, str] = {
    "card": "#f6f8fa",
    "box": "#ffffff",
    "line": "#d0d7de",
    "ink": "#1f2328",
    "quiet": "#59636e",
    "edge": "#8c959f",
    "on": "#ffffff",
    "COMPLETED": "#1a7f37",
    "COMPUTED": "#0e7490",
    "RUNNING": "#0969da",
    "QUEUED": "#636c76",
    "FAILED": "#cf222e",
    "FAILED_OPTIONAL": "#bc4c00",
    "SKIPPED": "#75683c",
    "CANCELLED": "#8250df",
    "SUSPENDED": "#9a6700",
}
"""Colours on light ground, by use."""

DARK: Mapping[str, str] = {
    "card": "#0d1117",
    "box": "#161b22",
    "line": "#3d444d",
    "ink": "#e6edf3",
    "quiet": "#9198a1",
    "edge": "#6e7681",
    "on": "#0d1117",
    "COMPLETED": "#3fb950",
    "COMPUTED": "#39c5cf",
    "RUNNING": "#58a6ff",
    "QUEUED": "#9198a1",
    "FAILED": "#ff7b72",
    "FAILED_OPTIONAL": "#f0883e",
    "SKIPPED": "#b0a47c",
    "CANCELLED": "#bc8cff",
    "SUSPENDED": "#d29922",
}
"""Colours on dark ground, by use."""

SUMMARY_ORDER = (
    TaskState.FAILED,
    TaskState.RUNNING,
    TaskState.COMPUTED,
    TaskState.QUEUED,
    TaskState.FAILED_OPTIONAL,
    TaskState.CANCELLED,
    TaskState.SKIPPED,
    TaskState.COMPLETED,
)
"""A group wears the mark of the first of these states that any member is in."""

MARK_SIZE = 18
"""Width and height of a mark, in pixels."""


def paint(fill: str | None = None, stroke: str | None = None) -> str:
    """Return the attributes that fill and stroke an element in named colours."""
    classes = [f"f-{fill}"] if fill else []
    attributes = f'fill="{LIGHT[fill]}"' if fill else 'fill="none"'
    if stroke:
        classes.append(f"s-{stroke}")
        attributes += f' stroke="{LIGHT[stroke]}"'
    return f'class="{" ".join(classes)}" {attributes}'


def style_sheet() -> str:
    """Return the rules that turn a picture dark."""
    rules = "".join(
        f".fairlead-tree .f-{name}{{fill:{color}}}.fairlead-tree .s-{name}{{stroke:{color}}}"
        for name, color in DARK.items()
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def mark(state: str, x: float, y: float) -> str:
    """Draw a state's mark in a square of :data:`MARK_SIZE` pixels at ``x``, ``y``."""
    return f'<g transform="translate({x:g} {y:g})">{_MARKS[state]()}</g>'


def _disc(state: str, sign: str) -> str:
    return f'<circle cx="9" cy="9" r="8.5" {paint(state)}/>{sign}'


def _ring(state: str, sign: str, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ring = f'<circle cx="9" cy="9" r="7.5" {paint("box", state)} stroke-width="1.8"{dashed}/>'
    return ring + sign


def _strokes(path: str, color: str = "on", width: float = 2) -> str:
    return (
        f'<path d="{path}" {paint(None, color)} stroke-width="{width:g}" '
        f'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _completed() -> str:
    return _disc("COMPLETED", _strokes("M5 9.3 7.9 12.1 13 6.4"))


def _computed() -> str:
    return _ring("COMPUTED", f'<path d="M9 4.2a4.8 4.8 0 0 0 0 9.6z" {paint("COMPUTED")}/>')


def _running() -> str:
    return _disc("RUNNING", f'<path d="M7 5.2v7.6L13.2 9z" {paint("on")}/>')


def _queued() -> str:
    dots = "".join(f'<circle cx="{x}" cy="9" r="1.2" {paint("QUEUED")}/>' for x in (5.6, 9, 12.4))
    return _ring("QUEUED", dots)


def _failed() -> str:
    octagon = f'<path d="M5.5.6h7l4.9 4.9v7l-4.9 4.9h-7L.6 12.5v-7z" {paint("FAILED")}/>'
    return octagon + _strokes("M6 6l6 6M12 6l-6 6")


def _failed_optional() -> str:
    triangle = (
        f'<path d="M9 1.6 17 16.4H1z" {paint("FAILED_OPTIONAL", "FAILED_OPTIONAL")} '
        f'stroke-width="1.4" stroke-linejoin="round"/>'
    )
    return triangle + _strokes("M9 7v4.2M9 13.8v.1")


def _skipped() -> str:
    return _ring(
        "SKIPPED", _strokes("M5.8 6.4 8.4 9l-2.6 2.6M9.8 6.4 12.4 9l-2.6 2.6", "SKIPPED", 1.6)
    )


def _cancelled() -> str:
    square = f'<rect x="1" y="1" width="16" height="16" rx="3" {paint("CANCELLED")}/>'
    return square + _strokes("M5.2 9h7.6")


def _suspended() -> str:
    return _disc("SUSPENDED", _strokes("M7 6v6M11 6v6"))


_MARKS = {
    "COMPLETED": _completed,
    "COMPUTED": _computed,
    "RUNNING": _running,
    "QUEUED": _queued,
    "FAILED": _failed,
    "FAILED_OPTIONAL": _failed_optional,
    "SKIPPED": _skipped,
    "CANCELLED": _cancelled,
    "SUSPENDED": _suspended,
}
