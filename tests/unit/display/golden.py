"""Comparison with files that a person has looked at.

``UPDATE_GOLDEN=1 pytest tests/unit/display`` writes them anew; look at them then.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, drawn: str) -> None:
    """Fail unless the file of that name holds exactly what was drawn."""
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert path.exists(), f"no {name}: run with UPDATE_GOLDEN=1, and look at what it wrote"
    assert drawn == path.read_text(encoding="utf-8")
