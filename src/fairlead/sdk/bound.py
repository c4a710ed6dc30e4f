"""``Bound``: a task function with its arguments, not yet run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fairlead.errors import InvalidRequestError
from fairlead.sdk.references import Reference
from fairlead.sdk.task import Task

if TYPE_CHECKING:
    from fairlead.sdk.codec import Values
    from fairlead.sdk.definitions import TaskDefinition


class Bound(Reference):
    """A task function bound to arguments; it can be submitted, or joined to others.

    Attributes
    ----------
    definition
        The function's definition.
    arguments
        The arguments by name.
    key
        The user's ``task_id``, or None.
    """

    __slots__ = ("__weakref__", "arguments", "definition", "key")

    def __init__(
        self, definition: TaskDefinition, arguments: Values, key: str | None = None
    ) -> None:
        self.definition = definition
        self.arguments = arguments
        self.key = key


def taken_apart(task: Any) -> tuple[TaskDefinition, Values]:
    """Return the definition and the input of anything that can be submitted.

    Raises
    ------
    InvalidRequestError
        If it is not an instance of a task class, nor a task function with its arguments.
    """
    definition: TaskDefinition | None = getattr(type(task), "__fairlead__", None)
    if definition is not None and definition.values_of is not None:
        return definition, definition.values_of(task)
    if isinstance(task, Bound):
        return task.definition, task.arguments
    raise InvalidRequestError(_what_it_is_instead(task))


def _what_it_is_instead(task: Any) -> str:
    if isinstance(task, type) and issubclass(task, Task):
        return f"{task.__name__} is a class; submit an instance: {task.__name__}(...)"
    if isinstance(task, Task):
        return f"{type(task).__name__} has no execute method, so it cannot run"
    name = getattr(task, "__name__", None)
    if hasattr(task, "bind") and name:
        return f"{name} is a task function; bind its arguments first: {name}.bind(...)"
    return (
        f"{type(task).__name__} is no task; submit an instance of a Task class, or a task"
        f" function with its arguments"
    )
