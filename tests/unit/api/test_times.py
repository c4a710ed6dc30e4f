"""Times as the API server writes them."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from fairlead.api.times import seconds, text, whole


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T00:00:10.250000Z", 10.25),
        ("1970-01-01T01:00:10+01:00", 10.0),
        ("1970-01-01T00:00:10", 10.0),
        ("", None),
        (None, None),
        ("yesterday", None),
    ],
)
def test_a_time_is_read(
    monkeypatch: pytest.MonkeyPatch, written: str | None, expected: float | None
) -> None:
    """Wherever this machine is: a time that names no zone is in UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert seconds(written) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_time_is_written_to_the_microsecond_or_in_whole_seconds() -> None:
    assert text(10.25) == "1970-01-01T00:00:10.250000Z"
    assert whole(10.99) == "1970-01-01T00:00:10Z"


def test_what_is_written_is_read_again() -> None:
    now = time.time()
    assert datetime.strptime(text(now), "%Y-%m-%dT%H:%M:%S.%fZ")
    assert seconds(text(now)) == pytest.approx(now, abs=1e-6)
