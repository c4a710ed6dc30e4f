"""What a driver does about workers that it does not trust: those in another container.

On one machine, and in a pod whose containers are one, whoever runs in a worker may do all that
its driver may, so there is nothing to defend.  In a pod with ``isolation: Sidecar`` the driver
alone has a token: what a worker says is bounded in size and looked at before it is used.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import fields
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.core.outcomes import OutcomeKind
from fairlead.runner.wire import BadMessageError

if TYPE_CHECKING:
    from fairlead.sdk.attempt import AttemptOutcome

MOST_OUTCOME = 32 * 2**20
"""Bytes of what an attempt ends with: its result, its subtasks' inputs, its cache entries."""

MOST_DETAILS = 4 * 2**20
"""Bytes of that which are not values.  As JSON they may take twenty times as much to read."""

MOST_REMARK = 4 * 2**20
"""Bytes of one log line, one report, or one question."""

MOST_NEWS = 2**20
"""Bytes of what a zygote says at a time."""

MOST_MESSAGES = 4096
"""More than can wait in a socket: whoever has read so many has read all that had been sent."""

MOST_TEXT = 2**20
"""Characters of a text that stands in an outcome."""

_OWN = frozenset(
    {
        OutcomeKind.SUCCEEDED,
        OutcomeKind.ERROR,
        OutcomeKind.NON_RETRYABLE,
        OutcomeKind.TIMEOUT,
        OutcomeKind.OUT_OF_MEMORY,
        OutcomeKind.CRASHED,
    }
)
"""What a task's code can be; all else is for its driver to say, for it costs no retry."""


class ZygoteProcess(Protocol):
    """A zygote, wherever it runs: what of :class:`subprocess.Popen` is used."""

    @property
    def pid(self) -> int: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class ZygoteSource(Protocol):
    """Starts zygotes elsewhere: none of them, nor their workers, is trusted."""

    def start(self, table: int) -> tuple[socket.socket, ZygoteProcess]:
        """Return the control socket of a new zygote that has the table of slots."""


def check_outcome(outcome: AttemptOutcome) -> None:
    """See that an outcome is made as a worker makes it.

    Raises
    ------
    BadMessageError
        If it is not.
    """
    _see(outcome.kind in _OWN, f"a task cannot end {outcome.kind.value}")
    _see_text(outcome.version, outcome.display or "", outcome.status_text or "")
    _see(isinstance(outcome.display, str | NoneType), "a display")
    _see(isinstance(outcome.status_text, str | NoneType), "a status")
    check_progress(outcome.progress)
    _see_values(outcome)
    if outcome.failure is not None:
        _see_fields(outcome.failure, _FAILURE)
    for ref in outcome.result_refs:
        _see_ref(ref)
    for child in outcome.children:
        _see_child(child)


def check_report(display: object, status_text: object, progress: object) -> None:
    """See that a report is made as a worker makes it; raises BadMessageError."""
    _see(isinstance(display, str | NoneType), "a display")
    _see(isinstance(status_text, str | NoneType), "a status")
    check_progress(progress)


def check_progress(progress: Any) -> None:
    """See that progress is made as a worker makes it; raises BadMessageError."""
    for one in progress:
        _see_text(one.label)
        _see(_is_number(one.done) and _is_number(one.total), "progress")


def check_log(level: object, message: object, values: object) -> None:
    """See that a log line is made as a worker makes it; raises BadMessageError."""
    _see_text(level, message)
    _see(isinstance(values, dict), "a log line")


def _see_values(outcome: AttemptOutcome) -> None:
    try:
        (outcome.result or b"").decode()
    except UnicodeDecodeError:
        _see(False, "a result")
    for key in outcome.cache_writes:
        _see_text(key)


_FAILURE: Mapping[str, tuple[type, ...]] = {"arguments": (list, NoneType)}
_CHILD: Mapping[str, tuple[type, ...]] = {
    "source": (str, NoneType),
    "input": (bytes,),
    "refs": (tuple,),
    "depends_on": (tuple,),
    "options": (object,),
    "key": (str, NoneType),
    "display": (str, NoneType),
}
_OPTIONS: Mapping[str, tuple[type, ...]] = {
    "optional": (bool,),
    "machine_size": (str, NoneType),
    "timeout": (int, float, NoneType),
    "queue_timeout": (int, float, NoneType),
    "max_parallel": (int, NoneType),
    "max_retries": (int,),
    "backoff": (int, float),
    "max_backoff": (int, float),
}


def _see_fields(record: Any, kinds: Mapping[str, tuple[type, ...]]) -> None:
    """See that the fields of a record are of some kinds: texts, where nothing is said."""
    for one in fields(record):
        value = getattr(record, one.name)
        _see(isinstance(value, kinds.get(one.name, (str,))), f"{one.name} of a record")
        if isinstance(value, str):
            _see_text(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            _see(_is_number(value), f"{one.name} of a record")


def _see_child(child: Any) -> None:
    _see_fields(child, _CHILD)
    _see_fields(child.options, _OPTIONS)
    for ref in child.refs:
        _see_ref(ref)
    _see(all(isinstance(one, int | str) for one in child.depends_on), "what a task waits for")


def _see_ref(ref: Any) -> None:
    _see(all(isinstance(step, int | str) for step in ref.path), "the path of a reference")
    _see(isinstance(ref.task, int | str) and ref.kind in ("value", "future"), "a reference")


def _see_text(*texts: object) -> None:
    _see(all(isinstance(one, str) and len(one) <= MOST_TEXT for one in texts), "a text")


def _is_number(value: object) -> bool:
    """Return whether something is a number that fits 64 bits; not infinite, nor none at all."""
    return isinstance(value, int | float) and -(2.0**63) <= value < 2.0**63


def _see(is_so: bool, what: str) -> None:
    if not is_so:
        raise BadMessageError(f"not what a worker sends: {what}")
