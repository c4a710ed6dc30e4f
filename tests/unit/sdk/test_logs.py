"""How a log line is shown."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.sdk.logs import format_line


@pytest.mark.parametrize(
    ("message", "fields", "line"),
    [
        ("Hello", {}, "Hello"),
        ("Computed sum of squares", {"result": 336448}, "Computed sum of squares result=336448"),
        (
            "News headline",
            {"published_at": "2024-02-15", "title": "NASA selects crew"},
            'News headline published_at=2024-02-15 title="NASA selects crew"',
        ),
        (
            "Author article count",
            {"author": "Jeff Foust", "count": 1},
            'Author article count author="Jeff Foust" count=1',
        ),
        ("m", {"message": "a", "event": "b", "level": "c"}, "m message=a event=b level=c"),
        ("m", {"empty": ""}, 'm empty=""'),
        ("m", {"quoted": 'say "hi"'}, 'm quoted="say \\"hi\\""'),
        ("m", {"lines": "a\nb\tc\r"}, 'm lines="a\\nb\\tc\\r"'),
        ("m", {"path": "a\\b c"}, 'm path="a\\\\b c"'),
        ("m", {"equals": "a=b"}, 'm equals="a=b"'),
        ("m", {"none": None, "yes": True, "pi": 3.25}, "m none=None yes=True pi=3.25"),
        ("m", {"list": [1, 2]}, 'm list="[1, 2]"'),
    ],
)
def test_lines(message: str, fields: dict[str, Any], line: str):
    assert format_line(message, fields) == line
