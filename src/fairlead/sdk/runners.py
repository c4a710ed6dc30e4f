"""Runners: they run the tasks of whatever jobs are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fairlead.errors import InvalidRequestError
from fairlead.sdk.backend import RunnerOptions
from fairlead.sdk.cache import JobCache
from fairlead.sdk.definitions import DefinitionSet, TaskDefinition
from fairlead.sdk.options import check_positive_count
from fairlead.sdk.programs import about_to_start_work
from fairlead.sdk.task import Task

if TYPE_CHECKING:
    from fairlead.sdk.client import Client


class Runner:
    """Runs tasks of the given definitions, of all jobs; made by ``Client.runner``."""

    def __init__(
        self,
        client: Client,
        tasks: Iterable[Any] | None,
        cache: JobCache | None,
        threads: int | None,
        processes: int | None,
    ) -> None:
        check_positive_count("threads", threads)
        check_positive_count("processes", processes)
        if cache is not None and not isinstance(cache, JobCache):
            raise InvalidRequestError(
                f"cache takes a JobCache such as InMemoryCache(), not {type(cache).__name__}"
            )
        self._client = client
        if tasks is not None and not isinstance(tasks, Iterable):
            raise InvalidRequestError(
                f"tasks takes a list of task classes and functions: [{tasks!r}]"
            )
        definitions = None if tasks is None else [definition_of(task) for task in tasks]
        DefinitionSet.of(definitions)  # refuses definitions that conflict
        self._options = RunnerOptions(definitions, cache, threads, processes)

    def run_all(self) -> None:
        """Run until nothing that this runner can run is runnable, now or by waiting."""
        about_to_start_work()
        self._client.backend.run_all(self._options)

    def run_forever(self) -> None:
        """Run what is there and what comes, until interrupted."""
        about_to_start_work()
        self._client.backend.run_forever(self._options)


def definition_of(task: Any) -> TaskDefinition:
    """Return the definition of a task class, or of a task function.

    Raises
    ------
    InvalidRequestError
        If it is neither.
    """
    definition = getattr(task, "__fairlead__", None)
    if isinstance(definition, TaskDefinition):
        return definition
    if isinstance(task, type) and issubclass(task, Task):
        raise InvalidRequestError(f"{task.__name__} has no execute method, so it cannot run")
    raise InvalidRequestError(f"{task!r} is neither a task class nor a task function")
