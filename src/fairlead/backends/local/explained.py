"""Failures that are this backend's word and not a task's exception."""

from __future__ import annotations

from fairlead.core.node import Node
from fairlead.core.states import TaskState
from fairlead.errors import TaskCancelledError
from fairlead.sdk.backend import Failure


def explained(error: Exception, kind: str) -> Failure:
    """Return the failure that an error is; its own class is raised from it again."""
    cls = type(error)
    return Failure(kind, cls.__name__, str(error), cls.__module__, [str(error)])


def without_attempt(node: Node) -> Failure:
    """Return the failure of a task that ended badly, but not by an attempt of its own."""
    name = f"task {node.spec.limit_name} ({node.spec.token})"
    if node.state is TaskState.CANCELLED:
        return explained(TaskCancelledError(f"{name} was cancelled"), "CANCELLED")
    _, _, why = (node.reason or "").partition(": ")
    error = TimeoutError(
        f"{name} never started: {why}. Give it more time, or start a runner for it."
    )
    return explained(error, "QUEUE_TIMEOUT")
