"""Times as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def text(seconds: float) -> str:
    """Return seconds since the epoch as RFC 3339 has them, to the microsecond, in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
