"""Outcomes: those that are the agent's word, and how one looks in a Task's status."""

from __future__ import annotations

import json
import time
from typing import Any

from fairlead.api.constants import MAX_BYTES, MAX_MILLISECONDS
from fairlead.api.times import text
from fairlead.api.words import camel
from fairlead.sdk.attempt import AttemptOutcome, AttemptUsage, OutcomeKind
from fairlead.sdk.backend import Failure

MAX_NAME, MAX_MESSAGE, MAX_TRACEBACK = 256, 4096, 16384


def own_outcome(
    kind: OutcomeKind, error: Exception, version: str = "", stack: str = ""
) -> AttemptOutcome:
    """Return an outcome that the agent gives an attempt; its own class is raised from it."""
    cls = type(error)
    failure = Failure(kind.value, cls.__name__, str(error), cls.__module__, [str(error)], stack)
    return AttemptOutcome(kind, failure=failure, version=version)


def record(outcome: AttemptOutcome, attempt: int, pod_uid: str) -> dict[str, Any]:
    """Return an outcome as ``status.outcome`` has it, cut to what that holds."""
    fields: dict[str, Any] = {
        "kind": camel(outcome.kind),
        "attempt": attempt,
        "podUID": pod_uid,
        "time": text(time.time()),
        "version": outcome.version,
    }
    if outcome.usage is not None:
        fields["usage"] = _usage(outcome.usage)
    failure = outcome.failure
    if failure is not None:
        fields["type"] = failure.type[:MAX_NAME]
        fields["module"] = failure.module[:MAX_NAME]
        fields["message"] = _shortened(failure.message)
        fields["traceback"] = failure.traceback[-MAX_TRACEBACK:]
        arguments = None if failure.arguments is None else json.dumps(failure.arguments)
        if arguments is not None and len(arguments) <= MAX_MESSAGE:
            fields["arguments"] = arguments
    return {name: value for name, value in fields.items() if value != ""}


def _usage(usage: AttemptUsage) -> dict[str, int]:
    """Return what an attempt took; its own process has said so, and may have said anything."""
    return {
        "wallMilliseconds": _within(usage.wall * 1000, MAX_MILLISECONDS),
        "cpuMilliseconds": _within(usage.cpu * 1000, MAX_MILLISECONDS),
        "peakMemoryBytes": _within(usage.memory, MAX_BYTES),
    }


def _within(number: float, most: int) -> int:
    return min(max(round(number), 0), most)


def _shortened(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 4] + " ..."
