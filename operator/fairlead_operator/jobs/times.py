"""Times as the API server writes them, and as seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """Return a time in RFC 3339 as seconds since the epoch; None for what is no time."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def moment(time: float) -> datetime:
    """Return seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(time, UTC)


def text(time: float) -> str:
    """Return seconds since the epoch as the API server reads them, with microseconds."""
    return moment(time).isoformat(timespec="microseconds").replace("+00:00", "Z")
