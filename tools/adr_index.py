"""``docs/adr/README.md``: the list of architecture decisions, by their titles."""

from __future__ import annotations

import re
from pathlib import Path

import pages

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "adr"


def text() -> str:
    """Return the page."""
    return pages.page(
        "Architecture decisions",
        "One file a decision, numbered in the order of acceptance. A decision is not edited once "
        "accepted: a later one supersedes it, and the older one then says so in its status. "
        "Start from the [template](template.md); say what was measured wherever the reason is a "
        "number.",
        pages.table(
            ["number", "decision", "status"],
            [_row(path) for path in sorted(FOLDER.glob("[0-9]*.md"))],
        ),
    )


def _row(path: Path) -> tuple[str, str, str]:
    record = path.read_text(encoding="utf-8")
    title = re.match(r"# (\d+)\. (.+)\n", record)
    status = re.search(r"^Status: (.+?)\.?$", record, flags=re.MULTILINE)
    if not title or int(title[1]) != int(path.name[:4]) or not status:
        raise ValueError(f"{path} must begin with '# {int(path.name[:4])}. Title' and a 'Status:'.")
    return title[1], f"[{title[2]}]({path.name})", status[1]
