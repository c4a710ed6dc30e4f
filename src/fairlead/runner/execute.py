"""Runs one attempt of a task: decode the input, call the code, encode the result.

Threads, worker processes and pods all call :func:`execute`.  It does not raise for
anything that the task's code does; what that was is in the outcome.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from fairlead.core.outcomes import OutcomeKind
from fairlead.errors import DependencyError, NonRetryableError, TaskInputError, TaskResultError
from fairlead.sdk.attempt import AttemptHost, AttemptOrder, AttemptOutcome
from fairlead.sdk.backend import NewTask, Ref
from fairlead.sdk.context import ExecutionContext, children_of, current_context, end
from fairlead.sdk.coroutines import TimedOutError, run_coroutine
from fairlead.sdk.definitions import TaskDefinition
from fairlead.sdk.failures import failure_of
from fairlead.sdk.references import Placeholder

NO_CHILDREN: list[NewTask] = []


def execute(definition: TaskDefinition, order: AttemptOrder, host: AttemptHost) -> AttemptOutcome:
    """Run one attempt and return how it ended.

    Parameters
    ----------
    definition
        The definition to run; compatible with the order's.
    order
        The attempt.
    host
        What the attempt may ask of whatever runs it.

    Raises
    ------
    KeyboardInterrupt
        Only in the main thread, where it is the user's and not the task's.
    """
    context = ExecutionContext(definition, order, host)
    token = current_context.set(context)
    try:
        values = definition.codec.decode(order.input, order.refs, order.upstream)
        value = definition.invoke(values, context)
        if definition.is_async or hasattr(type(value), "__await__"):
            value = run_coroutine(value, order.timeout)
        result, placeholders = definition.results.encode(value)
        refs: tuple[Ref, ...] = ()
        if placeholders:
            result, refs = _result_refs(context, result, placeholders)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and _in_main_thread():
            raise
        return _failed(context, definition, error)
    finally:
        end(context)
        current_context.reset(token)
    outcome = AttemptOutcome(OutcomeKind.SUCCEEDED, result, refs, version=definition.version)
    _tell(context, outcome)
    outcome.children = children_of(context)
    if context._staged is not None:
        outcome.cache_writes = context._staged.writes
    return outcome


def _tell(context: ExecutionContext, outcome: AttemptOutcome) -> None:
    """Put what the task has shown of itself into the outcome."""
    outcome.display = context._display
    outcome.progress = context.progress_numbers()
    outcome.status_text = context._status_text


def _result_refs(
    context: ExecutionContext, result: bytes, placeholders: tuple[Placeholder, ...]
) -> tuple[bytes, tuple[Ref, ...]]:
    submission = context._submitted()
    try:
        return submission.resolve(result, placeholders)
    except DependencyError as error:
        raise TaskResultError(
            f"a task may return futures of its own subtasks only: {error}"
        ) from None


def _failed(
    context: ExecutionContext, definition: TaskDefinition, error: BaseException
) -> AttemptOutcome:
    ended, kind = time.monotonic(), kind_of(error)
    failure = failure_of(error, kind)
    if isinstance(error, SystemExit):
        failure = _exit_failure(definition, error)
    outcome = AttemptOutcome(kind, failure=failure, version=definition.version, ended=ended)
    _tell(context, outcome)
    return outcome


def kind_of(error: BaseException) -> OutcomeKind:
    """Return which way of ending an exception is."""
    if isinstance(error, NonRetryableError | TaskInputError):
        return OutcomeKind.NON_RETRYABLE
    if isinstance(error, MemoryError):
        return OutcomeKind.OUT_OF_MEMORY
    if isinstance(error, SystemExit):
        return OutcomeKind.CRASHED
    if isinstance(error, TimedOutError):
        return OutcomeKind.TIMEOUT
    return OutcomeKind.ERROR


def _exit_failure(definition: TaskDefinition, error: SystemExit) -> Any:
    from fairlead.sdk.backend import Failure

    return Failure(
        kind=OutcomeKind.CRASHED.value,
        type="SystemExit",
        message=f"{definition.name} called sys.exit({error.code!r}); a task ends by returning",
        module="builtins",
        traceback=failure_of(error, OutcomeKind.CRASHED).traceback,
    )


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
