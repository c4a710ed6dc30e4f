"""``TaskControl``: what a task function may ask and say, and handlers for what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fairlead.errors import InvalidRequestError
from fairlead.sdk.logs import LEVELS

if TYPE_CHECKING:
    from fairlead.sdk.context import ExecutionContext

HUNDRED = 100


class TaskControl:
    """A running task as its function sees it.

    A function gets one for its parameter that is annotated ``TaskControl``.

    Attributes
    ----------
    task_definition_name
        The name of the task's definition.
    instance_id
        The id of this task.
    """

    __slots__ = ("_context", "instance_id", "task_definition_name")

    def __init__(self, context: ExecutionContext, name: str) -> None:
        self._context = context
        self.task_definition_name = name
        self.instance_id = context.current_task.id

    @property
    def should_stop(self) -> bool:
        """Whether the task has been asked to stop; what it then returns is kept."""
        return self._context.should_stop

    def log(self, message: str, level: str = "info", **fields: Any) -> None:
        """Log a line.

        Parameters
        ----------
        message
            What to say.
        level
            ``"debug"``, ``"info"``, ``"warning"`` or ``"error"``.
        fields
            Values that belong to it.
        """
        if level not in LEVELS:
            raise InvalidRequestError(
                f"{level!r} is no log level; the levels are {', '.join(LEVELS)}"
            )
        _call("log", self, message, level, **fields)

    def update_progress(self, progress: float, status: str | None = None) -> None:
        """Say how far the task is.

        Parameters
        ----------
        progress
            How much is done, in percent from 0 to 100.
        status
            What it is doing, in words.

        Raises
        ------
        InvalidRequestError
            If the progress is out of range; a ValueError.
        """
        is_number = isinstance(progress, int | float) and not isinstance(progress, bool)
        if not is_number or not math.isfinite(progress) or not 0 <= progress <= HUNDRED:
            raise InvalidRequestError(f"progress is a number from 0 to 100, not {progress!r}")
        numbers = self._context.progress_of("")
        numbers.done, numbers.total = round(progress), HUNDRED
        self._record(status)
        _call("update_progress", self, progress, status)

    def update_status(self, status: str) -> None:
        """Say in words what the task is doing."""
        self._record(status)
        _call("update_status", self, status)

    def _record(self, status: str | None) -> None:
        if status is None:
            self._context.report()
        else:
            self._context.set_status(str(status))


class TaskControlHandler:
    """Handles what task functions say through their ``TaskControl``.

    Override what should be handled otherwise; progress and status are recorded with the
    task in any case.
    """

    def log(self, task_control: TaskControl, message: str, level: str, **extra: Any) -> None:
        """Show a log line; by default on stderr, and it is kept with the task."""
        task_control._context._host.log(level, str(message), extra)

    def update_progress(
        self, task_control: TaskControl, progress: float, status: str | None
    ) -> None:
        """Show how far a task is, in percent; by default nothing more than is recorded."""

    def update_status(self, task_control: TaskControl, status: str) -> None:
        """Show what a task is doing; by default nothing more than is recorded."""


_DEFAULT = TaskControlHandler()
_handler: Any = _DEFAULT


def set_task_control_handler(handler: Any) -> None:
    """Handle what all task functions of this process say from now on.

    Parameters
    ----------
    handler
        Usually a :class:`TaskControlHandler`; methods that it lacks are handled by
        default.  None goes back to the default altogether.
    """
    global _handler
    _handler = _DEFAULT if handler is None else handler


def _call(method: str, /, *arguments: Any, **fields: Any) -> None:
    handle = getattr(_handler, method, None) or getattr(_DEFAULT, method)
    handle(*arguments, **fields)
