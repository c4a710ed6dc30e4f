"""How long, how many and how far, in words that people read.

A duration is written with the precision a reader can use: ``41 ms``, ``3.2 s``,
``4 m 12 s``, ``1 h 03 m``, ``2 d 05 h``.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.core.states import TaskState

STATE_ORDER: tuple[TaskState, ...] = (
    TaskState.COMPLETED,
    TaskState.COMPUTED,
    TaskState.RUNNING,
    TaskState.QUEUED,
    TaskState.FAILED,
    TaskState.FAILED_OPTIONAL,
    TaskState.SKIPPED,
    TaskState.CANCELLED,
)
"""The order in which counts per state are told: what is done, what goes on, what went wrong."""


def format_duration(seconds: float) -> str:
    """Write a length of time.

    Parameters
    ----------
    seconds
        The length in seconds; below zero (clocks that disagree) counts as zero.

    Returns
    -------
    str
        Such as ``<1 ms``, ``41 ms``, ``3.2 s``, ``42 s``, ``4 m 12 s``, ``1 h 03 m``.
    """
    if seconds < 0.0005:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{round(seconds)} s"
    return _format_long(round(seconds))


def _format_long(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} m {seconds:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02} m"
    days, hours = divmod(hours, 24)
    return f"{days:,} d {hours:02} h"


def format_counts(counts: Mapping[TaskState, int]) -> str:
    """Write how many tasks are in each state: ``4,900 COMPLETED · 60 RUNNING``."""
    return " · ".join(
        f"{counts[state]:,} {state.value}" for state in STATE_ORDER if counts.get(state)
    )
