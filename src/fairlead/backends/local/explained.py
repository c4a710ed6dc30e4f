"""Failures that are this backend's word and not a task's exception."""

from __future__ import annotations

from fairlead.sdk.backend import Failure


def explained(error: Exception, kind: str) -> Failure:
    """Return the failure that an error is; its own class is raised from it again."""
    cls = type(error)
    return Failure(kind, cls.__name__, str(error), cls.__module__, [str(error)])
