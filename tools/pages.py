"""The few pieces of Markdown that generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- Generated from the code by `make generate`; changes belong there. -->"


def page(title: str, *parts: str) -> str:
    """Return a whole page: its title, the note that it is generated, its parts."""
    return "\n\n".join([f"# {title}", NOTE, *parts]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar inside a cell is escaped, and its line ends become spaces."""
    lines = [_row(headings), _row(["---"] * len(headings))]
    lines += [_row(row) for row in rows]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def literal_roles(text: str) -> str:
    """Return a docstring's text as Markdown: double backquotes and roles become single ones."""
    for role in (":class:", ":func:", ":meth:", ":data:", ":mod:"):
        text = text.replace(role, "")
    return text.replace("``", "`")
