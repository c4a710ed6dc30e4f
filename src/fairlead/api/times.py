"""Times as the API server writes them, and as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """Return a time in RFC 3339 as seconds since the epoch.

    None stands for none, and for a text that is no time, which only a foreign program could
    have written. One that names no zone is in UTC.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def text(seconds: float) -> str:
    """Return seconds since the epoch in RFC 3339, with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole(seconds: float) -> str:
    """Return seconds since the epoch in RFC 3339, without their fraction."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
