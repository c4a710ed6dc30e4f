"""What a running task shows of itself: progress, display and status, every few seconds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from fairlead.runner.pod.errors import ApiAwayError, StoppedWaitingError
from fairlead.runner.pod.patience import Pauses
from fairlead.runner.pod.reports import Reports
from fairlead.sdk.backend import Progress

EVERY = 5.0
"""Seconds between two reports."""

AT_ONCE = 0.25
"""Seconds before the first report: what a short task shows goes with its outcome instead, which
saves the API server every fourth write of it."""

MAX_TEXT, MAX_DISPLAY, MAX_LABEL, MAX_DETAILS = 1024, 256, 128, 32


def shown(
    display: str | None, progress: Sequence[Progress], status_text: str | None
) -> dict[str, Any]:
    """Return what a task shows as fields of its status, cut to what they hold."""
    fields: dict[str, Any] = {}
    if display is not None:
        fields["display"] = display[:MAX_DISPLAY]
    if status_text is not None:
        fields["statusText"] = status_text[:MAX_TEXT]
    if progress:
        done, total = sum(one.done for one in progress), sum(one.total for one in progress)
        fields["progress"] = f"{done}/{total}"
        fields["progressDetails"] = [
            {"label": one.label[:MAX_LABEL], "done": one.done, "total": one.total}
            for one in progress[:MAX_DETAILS]
        ]
    return fields


class Shower:
    """Reports the latest of what a task shows, never more than once in five seconds."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._latest: dict[str, Any] | None = None
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def show(self, fields: dict[str, Any]) -> None:
        """Take what is shown now."""
        with self._news:
            self._latest = fields
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fairlead-show", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """Report nothing more; what is shown at the end goes with the outcome."""
        self._closed.set()
        with self._news:
            self._news.notify()

    def _run(self) -> None:
        pauses = Pauses(self._closed)
        self._closed.wait(AT_ONCE)
        while True:
            with self._news:
                self._news.wait_for(lambda: self._latest is not None or self._closed.is_set())
                if self._closed.is_set():
                    return
                fields, self._latest = self._latest, None
            try:
                self._reports.say(fields or {})
                pauses = Pauses(self._closed)
            except ApiAwayError as away:
                self._keep(fields)
                try:
                    pauses.pause(away.retry_after)
                except StoppedWaitingError:
                    return
                continue
            except StoppedWaitingError:
                return
            if self._closed.wait(EVERY):
                return

    def _keep(self, fields: dict[str, Any] | None) -> None:
        with self._news:
            if self._latest is None:
                self._latest = fields
