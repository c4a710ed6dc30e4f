"""``docs/reference/chart.md``: the values of the chart."""

from __future__ import annotations

import json

import pages
from chart.options import options


def text() -> str:
    """Return the page."""
    rows = [
        (f"`{option.name}`", f"`{json.dumps(option.default)}`", option.meaning)
        for option in options()
        if option.section is None
    ]
    return pages.page(
        "The chart",
        "The values of `charts/fairlead`, as `helm install --set` and `--values` take them. What "
        "is unknown or cannot be meant is refused before anything is installed; the message "
        "names its path.",
        pages.table(("value", "default", "meaning"), rows),
    )
