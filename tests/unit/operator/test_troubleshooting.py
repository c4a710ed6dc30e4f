"""The page about an operator that is not ready has every cause."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead_operator.problems import CAUSES

PAGE = Path(__file__).parents[3] / "docs" / "guide" / "troubleshooting.md"


def test_the_page_has_a_part_for_each_cause_in_their_order() -> None:
    assert re.findall(r"^## (\w+)$", PAGE.read_text(), re.MULTILINE) == [
        cause.name for cause in CAUSES
    ]
