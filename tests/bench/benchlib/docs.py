"""Put the tables between two markers of a document, and leave the rest of it alone."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- bench:begin (written by `make bench-docs`; do not edit between the markers) -->"
END = "<!-- bench:end -->"


def write_between(path: Path, text: str) -> None:
    """Replace what stands between the markers.

    Raises
    ------
    ValueError
        If the document does not hold both markers once, in their order.
    """
    page = path.read_text()
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"{path} needs the lines {BEGIN!r} and {END!r}, once each, in this order")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text.rstrip()}\n{END}{after}")
