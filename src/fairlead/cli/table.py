"""Plain tables: upper-case headings, two spaces between columns, no lines.

They can be cut, grepped and read by eye; colours mark states on a terminal only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from fairlead.sdk.display.words import cells, clean

_COLOURS: Mapping[str, str] = {
    "COMPLETED": "32",
    "COMPUTED": "36",
    "RUNNING": "34",
    "FAILED": "31",
    "FAILED_OPTIONAL": "33",
    "SKIPPED": "2",
    "CANCELLED": "35",
    "SUSPENDED": "33",
}


def colourful(stream: TextIO) -> bool:
    """Return whether a stream shows colours and the user has not asked for none."""
    return not os.environ.get("NO_COLOR") and stream.isatty()


def paint(state: str, *, color: bool) -> str:
    """Return the name of a state, in its colour if colours are shown."""
    code = _COLOURS.get(state)
    return f"\x1b[{code}m{state}\x1b[0m" if color and code else state


def render_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool = False
) -> str:
    """Return a table as text.

    Parameters
    ----------
    headings
        The names of the columns.
    rows
        One sequence of cells for each line, as long as ``headings``.
    color
        Whether cells of a column named ``STATE`` are coloured.

    Returns
    -------
    str
        The lines, without a line break at the end.
    """
    lines = [list(headings), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(cells(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join(
        _line(row, widths, headings, color=color and number > 0) for number, row in enumerate(lines)
    )


def _line(
    row: Sequence[str], widths: Sequence[int], headings: Sequence[str], *, color: bool
) -> str:
    parts = [
        paint(cell, color=color and heading == "STATE") + " " * (columns - cells(cell))
        for cell, columns, heading in zip(row, widths, headings, strict=True)
    ]
    return "  ".join(parts).rstrip()


def render_answer(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table for standard output, in colour if that is a terminal."""
    return render_table(headings, rows, color=colourful(sys.stdout))
