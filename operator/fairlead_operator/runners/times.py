"""Times as the API server writes them, in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(text: str | None) -> float | None:
    """Return the time that a text such as ``2026-01-31T12:00:00Z`` stands for, or None.

    A text that is no time, which only a foreign program could have written, is None too.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def written(now: float) -> str:
    """Return a time in the API server's spelling, in whole seconds."""
    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
