"""What running attempts say about themselves, on its way into the store.

Log lines go with the next commit, at the latest 2 ms later.  Of progress, display and
status only the latest counts, and it is written every few ticks of the clock.
"""

from __future__ import annotations

from collections import deque
from time import time
from typing import TYPE_CHECKING, Any

from fairlead.backends.local import console, threads
from fairlead.backends.local.jsontext import dump_fields, dump_progress
from fairlead.sdk.backend import Progress
from fairlead.sdk.text import storable

if TYPE_CHECKING:
    from fairlead.backends.local.batch import Batch
    from fairlead.backends.local.engine import Engine
    from fairlead.backends.local.running import RunningAttempt

MOST_LOGGED = 10 * 1024 * 1024
"""Bytes of log kept for one attempt; what it says beyond that is shown but not kept."""

MOST_PARTS = 1000
"""Writes that make one unfinished line; what follows begins another."""

Report = tuple[str | None, tuple[Progress, ...], str | None]


class Notes:
    """The log lines and reports of one engine's attempts that are not yet stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._logs: deque[tuple[Any, ...]] = deque()
        self._reports: dict[RunningAttempt, Report] = {}

    def start(self) -> None:
        """Begin to keep what tasks print."""
        console.stand_in(self, _keep_printed)

    def close(self) -> None:
        """Stop keeping what tasks print."""
        console.stand_down(self)

    def log(
        self, attempt: RunningAttempt, level: str, message: str, fields: dict[str, Any]
    ) -> None:
        """Keep a log line with its task."""
        size = len(message) + 64
        if attempt.logged > MOST_LOGGED:
            return
        attempt.logged += size
        if attempt.logged > MOST_LOGGED:
            level, fields = "warning", {}
            message = f"The log is cut here: an attempt keeps at most {MOST_LOGGED:,} bytes."
        line = storable(message), dump_fields(fields)
        self._logs.append((attempt.row, attempt.order.attempt, time(), level, *line))
        if not self._engine.has_events:
            self._engine.put(_nothing)
        self._engine.arm()

    def printed(self, attempt: RunningAttempt, level: str, text: str) -> None:
        """Keep what a task printed, line by line; an unfinished line waits for its end."""
        parts = attempt.partial.setdefault(level, [])
        *lines, rest = text.split("\n")
        for line in lines:
            self.log(attempt, level, "".join((*parts, line)), {})
            parts.clear()
        if rest:
            parts.append(rest)
            if len(parts) >= MOST_PARTS:
                self.log(attempt, level, "".join(parts), {})
                parts.clear()

    def report(self, attempt: RunningAttempt, report: Report) -> None:
        """Keep an attempt's latest report."""
        self._reports[attempt] = report

    def forget(self, attempt: RunningAttempt) -> None:
        """An attempt has ended; its outcome carries its last report."""
        if self._reports:
            self._reports.pop(attempt, None)
        if attempt.partial:
            console.finish_lines(attempt)
        while attempt.partial:
            level, parts = attempt.partial.popitem()
            if parts:
                self.log(attempt, level, "".join(parts), {})

    def write(self, batch: Batch) -> None:
        """Add the log lines to a commit."""
        logs = self._logs
        while logs:
            batch.logs.append(logs.popleft())

    def write_reports(self, batch: Batch) -> None:
        """Add the latest reports to a commit."""
        reports, self._reports = self._reports, {}
        for attempt, (display, progress, status_text) in reports.items():
            if self._engine.running.get(attempt.key) is attempt:
                batch.reports.append(
                    (display, dump_progress(progress), status_text, attempt.row,
                     attempt.order.attempt)
                )  # fmt: skip


def _nothing(now: float, batch: Batch) -> None:
    """Have a turn taken for what is not in the inbox."""


def _keep_printed(level: str, text: str) -> RunningAttempt | None:
    attempt: RunningAttempt | None = getattr(threads.current, "attempt", None)
    if attempt is not None:
        attempt.engine.notes.printed(attempt, level, text)
    return attempt
