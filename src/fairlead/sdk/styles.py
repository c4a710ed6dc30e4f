"""The two decorators: what a call of a task function does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from fairlead.errors import TaskArgumentError, TaskDefinitionError
from fairlead.sdk.functions import TaskFunction
from fairlead.sdk.input_errors import positional_refused
from fairlead.sdk.workflows import BoundTask

R = TypeVar("R")


class WorkflowTask(TaskFunction[R]):
    """A task function of the workflow style: calling it binds arguments."""

    def __init__(self, function: Callable[..., R], **options: Any) -> None:
        super().__init__(function, **options)
        if "task_id" in self._parameters.names or "task_id" in self._parameters.injected:
            raise TaskDefinitionError(
                f"{self.__fairlead__.place}: a parameter cannot be named 'task_id', which names"
                f" the instance; choose another name"
            )

    def __call__(self, *args: Any, task_id: str | None = None, **kwargs: Any) -> BoundTask:
        """Bind arguments, by name; see :meth:`TaskFunction.bind`."""
        if args:
            raise positional_refused(self.__fairlead__.name, self._parameters.positional)
        return self.bind(task_id=task_id, **kwargs)


class SessionTask(TaskFunction[R]):
    """A task function of the session style: calling it runs it at once."""

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """Run it; see :meth:`TaskFunction.run`."""
        return self.run(*args, **kwargs)


@overload
def workflow_task(function: Callable[..., Awaitable[R]], /) -> WorkflowTask[R]: ...
@overload
def workflow_task(function: Callable[..., R], /) -> WorkflowTask[R]: ...
@overload
def workflow_task(
    *,
    max_parallel: int | None = None,
    size: str | None = "small",
    name: str | None = None,
    version: str = "v0.0",
    max_retries: int = 0,
    timeout: float | None = None,
) -> Callable[[Callable[..., Any]], WorkflowTask[Any]]: ...
def workflow_task(function: Any = None, /, **options: Any) -> Any:
    """Make a function a task of the workflow style; calling it makes an instance.

    Use it bare, or with the options of :class:`fairlead.sdk.functions.TaskFunction`.

    Examples
    --------
    >>> @task
    ... def fetch(city: str) -> str:
    ...     return f"Weather for {city}"
    >>> tokyo = fetch(task_id="tokyo", city="Tokyo")
    """
    _check_known(options)
    if function is not None:
        return WorkflowTask(function, **options)
    return lambda decorated: WorkflowTask(decorated, **options)


@overload
def session_task(function: Callable[..., Awaitable[R]], /) -> SessionTask[R]: ...
@overload
def session_task(function: Callable[..., R], /) -> SessionTask[R]: ...
@overload
def session_task(
    *,
    max_parallel: int | None = None,
    size: str | None = "small",
    name: str | None = None,
    version: str = "v0.0",
    max_retries: int = 0,
    timeout: float | None = None,
) -> Callable[[Callable[..., Any]], SessionTask[Any]]: ...
def session_task(function: Any = None, /, **options: Any) -> Any:
    """Make a function a task of the session style; calling it runs it at once.

    Use it bare, or with the options of :class:`fairlead.sdk.functions.TaskFunction`.

    Examples
    --------
    >>> @task
    ... def double(number: int) -> int:
    ...     return 2 * number
    >>> double(5)
    10
    """
    _check_known(options)
    if function is not None:
        return SessionTask(function, **options)
    return lambda decorated: SessionTask(decorated, **options)


def _check_known(options: dict[str, Any]) -> None:
    known = TaskFunction.__init__.__kwdefaults__ or {}
    for name in options:
        if name not in known:
            raise TaskArgumentError(f"@task has no option {name!r}; it has {', '.join(known)}")
