"""Reading the API server's JSON, however deeply somebody has nested an object.

API servers keep objects that are ten thousand levels deep where a field may hold anything, and
Python's reader gives up at about one thousand.  One such object must not hide all others of
its kind, so what is too deep in it is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

MAX_LEVELS = 100
"""The most levels of objects and lists that an input written as structured data may have."""

LEVELS_READ = 400
"""How deep an answer is read where all of it is too deep: far beyond what an input may have, so
that whoever looks sees that it has too many."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
"""A text as a whole, because there may be brackets in it; or one bracket."""


def read_json(data: bytes) -> Any:
    """Return the value that JSON stands for; null stands for what is nested too deeply.

    Raises
    ------
    ValueError
        If it is no JSON.
    """
    try:
        return json.loads(data)
    except RecursionError:
        return json.loads(without_depths(data, LEVELS_READ))


def without_depths(data: bytes, levels: int) -> bytes:
    """Return JSON with null in the place of each object and list below so many others."""
    kept: list[bytes] = []
    depth, start = 0, 0
    for token in _TOKEN.finditer(data):
        if token[0] in b"[{":
            depth += 1
            if depth == levels + 1:
                kept += data[start : token.start()], b"null"
                start = len(data)
        elif token[0] in b"]}":
            depth -= 1
            if depth == levels:
                start = token.end()
    return b"".join([*kept, data[start:]])


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether there are more than so many levels of objects and lists in a value."""
    level = _containers([value])
    for _ in range(levels):
        level = _containers(
            inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
        )
    return bool(level)


def _containers(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]
