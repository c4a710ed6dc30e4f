"""What a worker's end says about the attempt it was running.

A worker that ended by itself, by a signal or by a lack of memory fails that one
attempt; the words here are what the user reads.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure
from fairlead.sdk.text import storable

EXIT_OUT_OF_MEMORY = 87
"""The exit code of a worker that has not even the memory to say so."""

EXIT_CUT_OFF = 88
"""The exit code of a worker that cannot talk to its driver any more."""

_HINTS: dict[int, str] = {
    signal.SIGSEGV: "memory was used wrongly by native code, or recursion was deeper than the "
    "stack",
    signal.SIGABRT: "native code gave up, often for want of memory",
    signal.SIGBUS: "native code used a file or memory that is not there",
    signal.SIGFPE: "native code divided by zero",
    signal.SIGILL: "native code was built for another processor",
}


@dataclass(frozen=True, slots=True)
class WorkerEnd:
    """How a worker process ended.

    Attributes
    ----------
    status
        Its wait status, as from :func:`os.waitpid`.
    killed_by_kernel
        Whether the kernel's out-of-memory killer has struck since the last look.
    last_words
        What it wrote to its standard error at the very end.
    """

    status: int
    killed_by_kernel: bool = False
    last_words: str = ""


def crash_outcome(end: WorkerEnd, memory_limit: int | None) -> AttemptOutcome:
    """Return the outcome of the attempt that was running when its worker ended."""
    code = os.waitstatus_to_exitcode(end.status)
    if code == EXIT_OUT_OF_MEMORY:
        return _out_of_memory("MemoryError", f"The task ran out of memory{_limit(memory_limit)}.")
    if code == EXIT_CUT_OFF:
        return _crashed(
            "WorkerCutOff",
            "The task closed files that are not its own, among them those through which its "
            "result would have been sent. Close only what the task has opened.",
            end.last_words,
        )
    if code == -signal.SIGKILL and end.killed_by_kernel:
        return _out_of_memory(
            "OutOfMemoryKilled",
            "The kernel killed the task's process because the machine ran out of memory. "
            "Let it use less memory, or run fewer workers.",
        )
    if code < 0:
        return _crashed("WorkerKilled", _signal_words(-code), end.last_words)
    return _crashed("WorkerExited", _exit_words(code), end.last_words)


def killed_outcome(kind: OutcomeKind) -> AttemptOutcome:
    """Return the outcome of an attempt that the pool was told to kill."""
    return outcome_without_report(
        kind, "WorkerKilled", "The task did not stop when asked, so its process was killed."
    )


def released_outcome(why: str) -> AttemptOutcome:
    """Return the outcome of an attempt that is given back uncharged."""
    return outcome_without_report(OutcomeKind.RELEASED, "Released", why)


def lost_outcome(why: str) -> AttemptOutcome:
    """Return the outcome of an attempt whose worker went away through no fault of its own."""
    return outcome_without_report(OutcomeKind.LOST, "WorkerLost", why)


def outcome_without_report(
    kind: OutcomeKind, name: str, message: str, traceback: str = ""
) -> AttemptOutcome:
    """Return an outcome made by the pool, because the worker could not report one."""
    failure = Failure(kind.value, name, storable(message), traceback=storable(traceback))
    return AttemptOutcome(kind, failure=failure)


def _crashed(name: str, message: str, last_words: str) -> AttemptOutcome:
    return outcome_without_report(OutcomeKind.CRASHED, name, message, last_words)


def _out_of_memory(name: str, message: str) -> AttemptOutcome:
    return outcome_without_report(OutcomeKind.OUT_OF_MEMORY, name, message)


def _signal_words(number: int) -> str:
    name, text = _signal_name(number)
    hint = _HINTS.get(number)
    why = f": {hint}" if hint else ""
    return f"The task's process was killed by signal {number} ({name}, {text}){why}."


def _signal_name(number: int) -> tuple[str, str]:
    text = (signal.strsignal(number) or "unknown").lower()
    try:
        return signal.Signals(number).name, text
    except ValueError:
        return f"signal {number}", text


def _exit_words(code: int) -> str:
    return (
        f"The task ended its process with exit code {code}. "
        f"Raise an exception instead of leaving the process."
    )


def _limit(memory_limit: int | None) -> str:
    return f" (its limit is {memory_limit / 2**20:,.0f} MiB)" if memory_limit else ""
