"""How far the labelled pieces of a task's work are."""

from __future__ import annotations

from collections.abc import Callable

from fairlead.errors import InvalidRequestError
from fairlead.sdk.backend import Progress


class ProgressTracker:
    """One labelled piece of work: how much there is, and how much of it is done."""

    __slots__ = ("_changed", "_progress")

    def __init__(self, progress: Progress, changed: Callable[[], None]) -> None:
        self._progress = progress
        self._changed = changed

    def add(self, count: int) -> None:
        """Say that there is more work.

        Parameters
        ----------
        count
            How many units more, from 0 up.
        """
        self._progress.total += _counted("add", count)
        self._changed()

    def done(self, count: int = 1) -> None:
        """Say that work was done.

        Parameters
        ----------
        count
            How many units, from 0 up; no more can be done than were added.

        Raises
        ------
        InvalidRequestError
            If it is out of range; a ValueError.
        """
        after = self._progress.done + _counted("done", count)
        if after > self._progress.total:
            raise InvalidRequestError(
                f"progress {self._progress.label!r}: {after} of {self._progress.total} units"
                f" cannot be done; add them first: .add({after - self._progress.total})"
            )
        self._progress.done = after
        self._changed()


def _counted(what: str, count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise InvalidRequestError(f"progress.{what} takes a whole number from 0 up, not {count!r}")
    return count
