"""``values.yaml``: the defaults, each with its meaning above it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

import yaml

from chart.options import options

NOTE = "# Generated from tools/chart/values.py by `make generate`; do not edit.\n"
WIDTH = 100


def text() -> str:
    """Return the file."""
    return NOTE + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for option in options():
        indent = "  " * (len(option.path) - 1)
        if not indent:
            yield ""
        for line in wrap(option.meaning, WIDTH - len(indent) - 2):
            yield f"{indent}# {line}"
        if option.section is not None:
            yield f"{indent}{option.path[-1]}:"
        else:
            entry = {option.path[-1]: option.default}
            written = yaml.safe_dump(entry, sort_keys=False, width=WIDTH, allow_unicode=True)
            yield from (f"{indent}{line}" for line in written.splitlines())
