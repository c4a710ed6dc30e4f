"""Progress as plain lines, where there is no terminal to draw on."""

from __future__ import annotations

from fairlead.cli import tally
from fairlead.cli.output import note
from fairlead.cli.progress.snapshot import Snapshot

QUIET_SECONDS = 5.0
"""A log file is read by people: at most one line in this time, unless the state changes."""


class Lines:
    """Prints a line to standard error whenever there is news, but not too often."""

    def __init__(self) -> None:
        self._state: str | None = None
        self._done = -1
        self._printed = 0.0

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind: each line is complete."""

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Print the snapshot if it says something new."""
        ended = snapshot.state in tally.FINAL_JOBS
        changed = snapshot.state.value != self._state
        due = snapshot.done != self._done and now - self._printed >= QUIET_SECONDS
        if not ended and (changed or due):
            note(snapshot.in_words())
            self._done, self._printed = snapshot.done, now
        self._state = snapshot.state.value
