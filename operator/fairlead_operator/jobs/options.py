"""How a task is retried and bounded, shared by the many tasks that were submitted alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fairlead.core.node import TaskPolicy

DEFAULT_GRACE = 30
"""Seconds that an attempt is given to end by itself, where the task does not say."""

_NONE: Mapping[str, Any] = {}


@lru_cache(maxsize=4096)
def shared_policy(
    limit: int,
    backoff: float,
    max_backoff: float,
    optional: bool,
    queue_timeout: float | None,
    max_parallel: int | None,
) -> TaskPolicy:
    """Return the one policy object of these options.

    The time-out of an attempt is not among them: an attempt's time runs from when its code
    starts, which the core does not see; the runner enforces it.
    """
    return TaskPolicy(
        max_retries=limit,
        backoff=backoff,
        max_backoff=max_backoff,
        optional=optional,
        queue_timeout=queue_timeout,
        max_parallel=max_parallel,
    )


def policy_of(spec: Mapping[str, Any]) -> TaskPolicy:
    """Return the policy of a Task's spec, as the API server shows it."""
    retry = spec.get("retry") or _NONE
    queue_timeout = spec.get("queueTimeoutSeconds")
    return shared_policy(
        retry.get("limit", 0),
        float(retry.get("backoffSeconds", 1)),
        float(retry.get("maxBackoffSeconds", 60)),
        spec.get("failurePolicy") == "Ignore",
        None if queue_timeout is None else float(queue_timeout),
        spec.get("maxParallel"),
    )


def bounded(policy: TaskPolicy, max_parallel: int | None) -> TaskPolicy:
    """Return a policy under the bound that the job sets as well; the narrower one counts."""
    if max_parallel is None or (
        policy.max_parallel is not None and policy.max_parallel <= max_parallel
    ):
        return policy
    return shared_policy(
        policy.max_retries,
        policy.backoff,
        policy.max_backoff,
        policy.optional,
        policy.queue_timeout,
        max_parallel,
    )
