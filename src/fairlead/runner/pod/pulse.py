"""A sign of life while what an attempt has made is being recorded."""

from __future__ import annotations

import threading
import time
from typing import Self

from fairlead.runner.pod.errors import ApiAwayError, StoppedWaitingError
from fairlead.runner.pod.reports import Reports

EVERY = 5.0
"""Seconds between two signs; most attempts are recorded before the first."""

STUCK = 300.0
"""Seconds without any step after which it is silent: what makes no headway, such as subtasks that
a quota refuses, is ended by the task's time limit as before."""


class Pulse:
    """Says every few seconds that the task's code has ended and that recording goes on.

    The operator ends an attempt that goes beyond its time, unless it hears this.
    """

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._stepped = time.monotonic()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self.step()
        threading.Thread(target=self._run, name="fairlead-pulse", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def step(self) -> None:
        """Take note that something more is in place.  May be called from any thread."""
        self._stepped = time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            if time.monotonic() - self._stepped > STUCK:
                continue
            try:
                self._reports.deliver(time.time())
            except ApiAwayError:
                continue  # nobody can hear anything now
            except StoppedWaitingError:
                return
