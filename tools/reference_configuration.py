"""``docs/reference/configuration.md``: the table of environment variables."""

from __future__ import annotations

import pages
from fairlead.sdk.settings import SETTINGS


def text() -> str:
    """Return the page."""
    rows = [(f"`{setting.name}`", setting.default, setting.meaning) for setting in SETTINGS]
    return pages.page(
        "Configuration",
        "Fairlead needs no configuration. These environment variables change what it does; "
        "an empty value counts as unset, and a value that cannot be meant is an error that "
        "names the variable.",
        pages.table(["variable", "default", "meaning"], rows),
    )
