"""Runs a task function at once, in the caller's thread, without a job."""

from __future__ import annotations

import sys
import tempfile
from contextvars import copy_context
from typing import Any

from fairlead.sdk.attempt import AttemptOrder
from fairlead.sdk.backend import Progress
from fairlead.sdk.cache import InMemoryCache, JobCache
from fairlead.sdk.codec import Values
from fairlead.sdk.context import ExecutionContext, current_context
from fairlead.sdk.coroutines import run_coroutine
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.logs import format_line
from fairlead.sdk.new_jobs import new_id


class DirectHost:
    """What a task that runs outside any job may ask: it logs to stderr, and that is all."""

    def should_stop(self) -> bool:
        """Return False: there is nobody who could ask it to stop."""
        return False

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show one log line on stderr."""
        if level != "debug":
            print(format_line(message, fields), file=sys.stderr)

    def report(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        """Do nothing: nobody looks on."""

    def cache(self) -> JobCache:
        """Return a cache of the task's own."""
        return InMemoryCache()

    def files_folder(self) -> str:
        """Return a new folder."""
        return tempfile.mkdtemp(prefix="fairlead-")


def run_directly(definition: TaskDefinition, values: Values) -> Any:
    """Return what a task function returns; input and result go through JSON as in a job.

    Raises
    ------
    Exception
        Whatever the function raises.
    """
    data, _ = definition.codec.encode(values)
    order = AttemptOrder(
        "", new_id(), 1, definition.identifier, definition.version, definition.source, data
    )
    return copy_context().run(_run, definition, order)


def _run(definition: TaskDefinition, order: AttemptOrder) -> Any:
    context = ExecutionContext(definition, order, DirectHost())
    current_context.set(context)
    value = definition.invoke(definition.codec.decode(order.input), context)
    if definition.is_async:
        value = run_coroutine(value, None)
    result, _ = definition.results.encode(value)
    return definition.results.decode(result)
