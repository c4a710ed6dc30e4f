"""How wide text is in an SVG picture, as nearly as can be known without its font.

A viewer picks the font it has; the widths here are those of the widest common ones
(DejaVu Sans, Verdana), so that text fits its box everywhere.
"""

from __future__ import annotations

from fairlead.sdk.display.words import cells

_NARROW = frozenset("ijl.,:;'|!`")
_SLIM = frozenset('ftrI()[]{}/\\- "')
_BROAD = frozenset("mwMW@%…—")

BOLD = 1.12
"""How much wider bold letters are."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of ``text`` in pixels at a font size in pixels."""
    return sum(map(_em, text)) * size * (BOLD if bold else 1)


def _em(char: str) -> float:
    if char in _NARROW:
        return 0.34
    if char in _SLIM:
        return 0.42
    if char in _BROAD:
        return 1.0
    if char.isascii():
        return 0.71 if char.isupper() else 0.635
    return cells(char) * 0.66 if cells(char) < 2 else 1.05


def elide(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Shorten ``text`` to ``room`` pixels, ending in ``…`` where it was cut."""
    if text_width(text, size, bold=bold) <= room:
        return text
    left = room - text_width("…", size, bold=bold)
    for position, char in enumerate(text):
        left -= text_width(char, size, bold=bold)
        if left < 0:
            return text[:position].rstrip() + "…"
    return text


def wrap(parts: list[str], separator: str, room: float, size: float) -> list[str]:
    """Join parts into lines that fit, breaking only between parts."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}{separator}{part}" if lines else part
        if lines and text_width(joined, size) <= room:
            lines[-1] = joined
        else:
            lines.append(elide(part, room, size))
    return lines
