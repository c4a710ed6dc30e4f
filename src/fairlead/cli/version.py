"""The version that is installed."""

from __future__ import annotations


def installed_version() -> str:
    """Return the version of the installed package; ``unknown`` in a bare source tree."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unknown"
