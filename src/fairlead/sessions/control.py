"""Handlers for what task functions say; the same names are in :mod:`fairlead.sessions`."""

from __future__ import annotations

from fairlead.sdk.control import TaskControl, TaskControlHandler, set_task_control_handler

__all__ = ["TaskControl", "TaskControlHandler", "set_task_control_handler"]
