"""How an attempt can end, and which budget of retries each ending is charged to.

The user's budget is the task's ``max_retries``; the platform's is one number for all
tasks.  They never mix: a lost machine does not use up a user's retries.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class OutcomeKind(str, Enum):  # noqa: UP042 (its text form is part of the contract)
    """How an attempt ended."""

    SUCCEEDED = "SUCCEEDED"
    ERROR = "ERROR"
    NON_RETRYABLE = "NON_RETRYABLE"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASHED = "CRASHED"
    DISRUPTED = "DISRUPTED"
    NEVER_STARTED = "NEVER_STARTED"
    LOST = "LOST"
    RELEASED = "RELEASED"


class Budget(Enum):
    """What an ending that is no success is charged to."""

    USER = "user"
    PLATFORM = "platform"
    EXHAUSTED = "exhausted"
    """The user's, and nothing is left of it."""
    UNCHARGED = "uncharged"


BUDGETS: Mapping[str, Budget] = {
    OutcomeKind.ERROR: Budget.USER,
    OutcomeKind.TIMEOUT: Budget.USER,
    OutcomeKind.OUT_OF_MEMORY: Budget.USER,
    OutcomeKind.CRASHED: Budget.USER,
    OutcomeKind.NON_RETRYABLE: Budget.EXHAUSTED,
    OutcomeKind.DISRUPTED: Budget.PLATFORM,
    OutcomeKind.NEVER_STARTED: Budget.PLATFORM,
    OutcomeKind.LOST: Budget.PLATFORM,
    OutcomeKind.RELEASED: Budget.UNCHARGED,
}
"""For each kind but success, its budget.  Plain strings of the same value find it too."""

AT_ONCE = frozenset({OutcomeKind.LOST, OutcomeKind.DISRUPTED, OutcomeKind.RELEASED})
"""Retried without backoff: the cause went away with the machine or the program."""
