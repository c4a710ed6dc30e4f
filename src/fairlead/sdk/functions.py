"""``TaskFunction``: a decorated function, in either style.

Both styles make the same definition and differ in what a call does; each offers the
other's way by name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fairlead.sdk.backend import TaskOptions
from fairlead.sdk.codec import Values
from fairlead.sdk.function_definitions import define_function
from fairlead.sdk.options import check_count, check_duration, check_positive_count, check_size
from fairlead.sdk.programs import about_to_start_work
from fairlead.sdk.references import Reference
from fairlead.sdk.values import contains_reference

if TYPE_CHECKING:
    from fairlead.sdk.instances import TaskInstance
    from fairlead.sdk.workflows import BoundTask

R = TypeVar("R")


class TaskFunction(Generic[R]):
    """A function that is a task; the styles add what calling it does.

    Parameters
    ----------
    function
        The function.
    max_parallel
        How many of its tasks may run at once within one job.
    size
        The machine size it needs.
    name, version
        Its identifier and version; by default the function's name, and ``v0.0``.
    max_retries, timeout
        How often a failed task runs again, and how many seconds one execution may take.
    """

    def __init__(
        self,
        function: Callable[..., R],
        *,
        max_parallel: int | None = None,
        size: str | None = "small",
        name: str | None = None,
        version: str = "v0.0",
        max_retries: int = 0,
        timeout: float | None = None,
    ) -> None:
        check_positive_count("max_parallel", max_parallel)
        check_size("size", size)
        check_count("max_retries", max_retries)
        check_duration("timeout", timeout)
        options = TaskOptions(
            max_parallel=max_parallel, machine_size=size, max_retries=max_retries, timeout=timeout
        )
        definition, parameters = define_function(function, name, version, options)
        self.__fairlead__ = definition
        self._parameters = parameters
        functools.update_wrapper(self, function)  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """The identifier of its tasks."""
        return self.__fairlead__.identifier

    def __repr__(self) -> str:
        return f"<task {self.__fairlead__.identifier} {self.__fairlead__.version}>"

    def checked(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Values:
        """Return a call's arguments by name, checked strictly."""
        return self.__fairlead__.codec.check(self._parameters.bind(args, kwargs))

    def bind(self, *args: Any, task_id: str | None = None, **kwargs: Any) -> BoundTask:
        """Return the task bound to arguments, not yet run: a step of a workflow.

        Parameters
        ----------
        task_id
            The step's key in its workflow; by default the name and eight random digits.
        args, kwargs
            The function's arguments.
        """
        from fairlead.sdk.workflows import BoundTask

        return BoundTask(self.__fairlead__, self.checked(args, kwargs), task_id)

    def instance(self) -> TaskInstance[R]:
        """Return an instance to start in the current session.

        Raises
        ------
        SessionNotFoundError
            If no session is active.
        """
        from fairlead.sdk.sessions import current_session

        return current_session().instance(self)

    def run(self, *args: Any, **kwargs: Any) -> R:
        """Run the task at once and return its result.

        Futures among the arguments are waited for.

        Raises
        ------
        Exception
            Whatever the function raises.
        """
        about_to_start_work()
        bound = self._parameters.bind(args, kwargs)
        given = {name: _waited_for(value) for name, value in bound.items()}
        return run_values(self, self.__fairlead__.codec.check(given))


def run_values(function: TaskFunction[R], values: Values) -> R:
    """Run a task function on checked values: inline, or as a job where it needs one."""
    definition = function.__fairlead__
    needs_job = (
        definition.options.timeout is not None
        or definition.options.max_retries > 0
        or "context" in function._parameters.injected.values()
        or contains_reference(values)
    )
    result: R
    if not needs_job:
        from fairlead.sdk.direct import run_directly

        result = run_directly(definition, values)
        return result
    from fairlead.sdk.bound import Bound
    from fairlead.sdk.client import Client

    result = Client().jobs().submit(definition.name, Bound(definition, values)).result
    return result


def _waited_for(value: Any) -> Any:
    wait = getattr(value, "result", None)
    return wait() if isinstance(value, Reference) and callable(wait) else value
