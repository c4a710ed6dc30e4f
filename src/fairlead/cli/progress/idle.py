"""Says once that a job which is being followed has nobody who runs it."""

from __future__ import annotations

import time

from fairlead.cli.output import note
from fairlead.cli.words import quoted
from fairlead.core.states import JobState
from fairlead.sdk.backend import JobView

PATIENCE = 2.0
"""Seconds without a driver before it is said: a program that just submitted needs a moment."""


class IdleNotice:
    """Called with what every look at a job sees.

    Parameters
    ----------
    called
        The id or name to use for the job in commands.
    """

    def __init__(self, called: str) -> None:
        self._called = quoted(called)
        self._idle_since: float | None = None
        self._said = False

    def __call__(self, job: JobView) -> None:
        """Say it if it is time to."""
        if job.driven or job.state is JobState.SUSPENDED:
            self._idle_since = None
            return
        now = time.monotonic()
        self._idle_since = self._idle_since or now
        if not self._said and now - self._idle_since >= PATIENCE:
            note(f"nobody runs {self._called} now; `fairlead jobs run {self._called}` goes on here")
            self._said = True
