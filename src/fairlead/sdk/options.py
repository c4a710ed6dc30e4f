"""Checks how a task is to be run, and completes it by the definition's defaults."""

from __future__ import annotations

import math
from typing import Any, TypedDict

from fairlead.errors import InvalidRequestError
from fairlead.sdk.backend import TaskOptions


class Options(TypedDict, total=False):
    """What a submission may say about its tasks; what it leaves out, the definition says.

    Attributes
    ----------
    max_retries
        How often a failed task runs again at most.
    backoff, max_backoff
        Seconds before the first retry, doubling up to the most.
    optional
        Whether the job goes on without the task.
    machine_size
        The size of the machine to run on.
    timeout, queue_timeout
        Seconds that one execution, or the wait for its start, may take.
    """

    max_retries: int
    backoff: float
    max_backoff: float
    optional: bool
    machine_size: str | None
    timeout: float | None
    queue_timeout: float | None


def task_options(defaults: TaskOptions, given: Options) -> TaskOptions:
    """Return the options of a submission.

    Raises
    ------
    InvalidRequestError
        If an option is unknown, of the wrong type or out of range; it is named.
    """
    if not given:
        return defaults
    for name, value in given.items():
        check = _CHECKS.get(name)
        if check is None:
            raise InvalidRequestError(
                f"{name!r} is not an option; the options are {', '.join(_CHECKS)}"
            )
        check(name, value)
    return TaskOptions(
        max_retries=given.get("max_retries", defaults.max_retries),
        backoff=given.get("backoff", defaults.backoff),
        max_backoff=given.get("max_backoff", defaults.max_backoff),
        optional=given.get("optional", defaults.optional),
        machine_size=given.get("machine_size", defaults.machine_size) or defaults.machine_size,
        timeout=given.get("timeout", defaults.timeout),
        queue_timeout=given.get("queue_timeout", defaults.queue_timeout),
        max_parallel=defaults.max_parallel,
    )


def check_count(name: str, value: Any) -> None:
    """Raise unless the value is a whole number from 0 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequestError(f"{name} must be a whole number from 0 up, not {value!r}")


def check_positive_count(name: str, value: Any) -> None:
    """Raise unless the value is a whole number from 1 up, or None."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidRequestError(f"{name} must be a whole number above 0, or None, not {value!r}")


def check_seconds(name: str, value: Any) -> None:
    """Raise unless the value is a finite number of seconds from 0 up."""
    if not _is_finite(value) or value < 0:
        raise InvalidRequestError(f"{name} must be seconds from 0 up, not {value!r}")


def check_duration(name: str, value: Any) -> None:
    """Raise unless the value is a positive, finite number of seconds, or None."""
    if value is not None and (not _is_finite(value) or value <= 0):
        raise InvalidRequestError(f"{name} must be seconds above 0, or None, not {value!r}")


def check_wait(value: Any) -> None:
    """Raise unless the value is how many seconds to wait, or None; below 0 counts as 0."""
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)
    ):
        raise InvalidRequestError(f"timeout must be seconds to wait, or None, not {value!r}")


def check_size(name: str, value: Any) -> None:
    """Raise unless the value names a machine size, or is None."""
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidRequestError(f"{name} must be the name of a machine size, not {value!r}")


def _check_flag(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} must be True or False, not {value!r}")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_CHECKS = {
    "max_retries": check_count,
    "backoff": check_seconds,
    "max_backoff": check_seconds,
    "optional": _check_flag,
    "machine_size": check_size,
    "timeout": check_duration,
    "queue_timeout": check_duration,
}
