"""When a task is tried again, and how long it waits before that.

The wait doubles from ``backoff`` up to ``max_backoff``.  Jitter takes away up to half of
it, so that tasks that failed together do not come back together.  It is derived from the
task and the attempt instead of drawn, so that a replay waits exactly as long.
"""

from __future__ import annotations

from hashlib import blake2b

from fairlead.core.outcomes import AT_ONCE, BUDGETS, Budget

PLATFORM_BUDGET = 10
"""How often one task is tried again after failures that are not the user's."""

MAX_DOUBLINGS = 64
"""Beyond this many doublings any positive backoff has long reached its cap."""


def budget_of(kind: str) -> Budget:
    """Return what an attempt that ended like this is charged to.

    Raises
    ------
    ValueError
        If the kind is a success or unknown.
    """
    try:
        return BUDGETS[kind]
    except KeyError:
        raise ValueError(f"{kind!r} is not a way in which an attempt fails") from None


def jitter(token: str, attempt: int) -> float:
    """Return a number in [0, 1) that depends on the task and its attempt alone."""
    digest = blake2b(f"{token}|{attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)


def backoff_delay(
    token: str, attempt: int, failures: int, backoff: float, max_backoff: float
) -> float:
    """Return how many seconds to wait before the next attempt.

    Parameters
    ----------
    token
        Text that stays the same for the task over restarts of the program.
    attempt
        The attempt that has just failed, counted from 1.
    failures
        How many failures were charged to the same budget, this one included.
    backoff, max_backoff
        Seconds before the first retry, and the most seconds before any.
    """
    doublings = min(max(failures, 1) - 1, MAX_DOUBLINGS)
    ceiling = min(backoff * 2.0**doublings, max_backoff)
    return max(ceiling, 0.0) * (1.0 - 0.5 * jitter(token, attempt))


def waits_before_retry(kind: str) -> bool:
    """Return whether a retry after this kind of failure waits for the backoff."""
    return kind not in AT_ONCE
