"""Failures as data, and back to exceptions.

Data never names what to import: an exception is rebuilt only if its class is already
imported here, is an ``Exception``, and can be made from its JSON arguments.
"""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any

from fairlead.core.outcomes import OutcomeKind
from fairlead.errors import FairleadError, TaskCancelledError, TaskError
from fairlead.sdk.backend import Failure
from fairlead.sdk.origin import PROGRAM_MODULE, public_module
from fairlead.sdk.text import storable

if TYPE_CHECKING:
    from fairlead.sdk.attempt import Upstream

MAX_MESSAGE = 10_000
"""How many characters of an exception's message are kept."""

MAX_TRACEBACK = 50_000
"""How many characters of a traceback are kept: its end, where the cause is."""

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class RemoteTraceback(Exception):  # noqa: N818  it is shown as a cause, and never caught
    """Where in the task an exception was raised, as text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f'\n"""\n{self.text.rstrip()}\n"""'


def failure_of(error: BaseException, kind: OutcomeKind) -> Failure:
    """Return an exception as data."""
    cls = type(error)
    return Failure(
        kind=kind.value,
        type=cls.__qualname__,
        message=_message(error),
        module=public_module(cls.__module__),
        arguments=_arguments(error),
        traceback=_traceback(error),
    )


def _message(error: BaseException) -> str:
    try:
        return storable(str(error)[:MAX_MESSAGE])
    except Exception:  # a user's __str__ may raise anything
        return f"(the message of this {type(error).__name__} cannot be shown)"


def _arguments(error: BaseException) -> list[Any] | None:
    """Return the arguments the exception can be made from again, None if not as JSON."""
    arguments = list(error.args)
    if isinstance(error, OSError) and isinstance(error.filename, str) and error.errno:
        arguments = [error.errno, error.strerror, error.filename]
    if not arguments:
        return []
    from pydantic_core import from_json, to_json

    try:
        round_trip = from_json(to_json(arguments, inf_nan_mode="constants"))
        same = bool(round_trip == arguments)
    except Exception:  # arguments may be anything, and may compare in any way
        return None
    return arguments if same else None


def _traceback(error: BaseException) -> str:
    """Return the traceback as text, from the first frame that is the user's."""
    start: TracebackType | None = error.__traceback__
    while start is not None and _is_own(start):
        start = start.tb_next
    if isinstance(error, MemoryError):
        return ""
    try:
        lines = traceback.format_exception(type(error), error, start or error.__traceback__)
    except Exception:  # a user's __str__ may raise anything
        return ""
    return storable("".join(lines)[-MAX_TRACEBACK:])


def _is_own(frame: TracebackType) -> bool:
    return frame.tb_frame.f_code.co_filename.startswith(_OWN_FOLDER)


def error_of(failure: Failure, otherwise: type[TaskError] = TaskError) -> Exception:
    """Return a failure as an exception, with the remote traceback as its cause.

    It has its own class where that is imported here and can be rebuilt from the
    arguments, else it is an ``otherwise`` that carries the class's name.
    """
    error = _rebuilt(failure)
    if error is None:
        error = _fallback(failure, otherwise)
    if failure.traceback:
        error.__cause__ = RemoteTraceback(failure.traceback)
    return error


def _rebuilt(failure: Failure) -> Exception | None:
    cls = _imported_class(failure)
    arguments = failure.arguments
    if arguments is None and cls is not None and cls.__module__ == FairleadError.__module__:
        arguments = [failure.message]  # it was told without ever being raised
    if cls is None or arguments is None:
        return None
    try:
        error = cls(*arguments)
    except Exception:  # a user's __init__ may refuse, or want something else
        return None
    # An exception that says something else than it said there is not the same one.
    return error if _message(error) == failure.message else None


def _imported_class(failure: Failure) -> type[Exception] | None:
    names = [failure.module or "builtins"]
    if failure.module == "__main__":
        names[:0] = [name for name in sys.modules if name.startswith(PROGRAM_MODULE)]
    for name in names:
        found: Any = sys.modules.get(name)
        for part in failure.type.split("."):
            # Only what is there already: getattr on a module could import something.
            found = vars(found).get(part) if hasattr(found, "__dict__") else None
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return None


def _fallback(failure: Failure, cls: type[TaskError]) -> TaskError:
    if failure.type == "TaskCancelledError":
        return TaskCancelledError(failure.message)
    name = failure.type
    if failure.module not in ("", "builtins", "__main__") and name:
        name = f"{failure.module}.{name}"
    return cls(": ".join(part for part in (name, failure.message) if part))


def upstream_result(end: Upstream) -> Any:
    """Return the result of a task that ended, or raise what it failed with."""
    if end.result is not None:
        from fairlead.sdk.results import plain_value

        return plain_value(end.result)
    if end.failure is not None:
        raise error_of(end.failure)
    if end.state == "CANCELLED":
        raise TaskCancelledError(f"task {end.task_id} was cancelled, so it has no result")
    raise TaskError(f"task {end.task_id} has no result: it is {end.state}")
