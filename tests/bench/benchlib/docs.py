"""Put the tables between two markers of a document, and leave the rest of it alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Markers(NamedTuple):
    """The lines between which tables are written."""

    begin: str
    end: str


def _markers(name: str, command: str) -> Markers:
    begin = f"<!-- {name}:begin (written by `{command}`; do not edit between the markers) -->"
    return Markers(begin, f"<!-- {name}:end -->")


LOCAL = _markers("bench", "make bench-docs")
CLUSTER = _markers("bench-cluster", "make bench-cluster-docs")


def write_between(path: Path, text: str, markers: Markers = LOCAL) -> None:
    """Replace what stands between the markers.

    Raises
    ------
    ValueError
        If the document does not hold both markers once, in their order.
    """
    page, (begin, end) = path.read_text(), markers
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise ValueError(f"{path} needs the lines {begin!r} and {end!r}, once each, in this order")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{begin}\n{text.rstrip()}\n{end}{after}")
