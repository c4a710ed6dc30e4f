"""Signs of life for open jobs: the operator closes one whose program has died.

A pulse is an annotation of the Job that changes more often than the number of seconds which it
names.  Nobody compares clocks: the operator only looks whether it still changes.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from fairlead.api import labels
from fairlead.backends.kubernetes.kinds import JOBS
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.words import name_of, uid_of
from fairlead.errors import FairleadError
from fairlead.sdk import settings

BEATS = 3
"""How often a pulse changes in the seconds which it names."""


class Pulses:
    """Keeps the pulses of the open jobs of this process going, in a thread of its own."""

    def __init__(self, rest: RestClient, namespace: str) -> None:
        self._rest = rest
        self._namespace = namespace
        self._seconds = settings.session_seconds()
        self._guard = threading.Lock()
        self._jobs: dict[str, str] = {}
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def annotations(self, count: int = 0) -> dict[str, str]:
        """Return those of an open job: none where its program is not to be watched."""
        return {labels.PULSE: f"{self._seconds} {count}"} if self._seconds else {}

    def begin(self, job: dict[str, Any]) -> None:
        """Show from now on that the program of a job lives."""
        if not self._seconds:
            return
        with self._guard:
            self._jobs[uid_of(job)] = name_of(job)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="fairlead-pulse", daemon=True
                )
                self._thread.start()

    def end(self, job: dict[str, Any]) -> None:
        """Leave a job alone: it is closed, or over."""
        with self._guard:
            self._jobs.pop(uid_of(job), None)

    def close(self) -> None:
        """End all of them."""
        self._over.set()

    def _run(self) -> None:
        count = 0
        while not self._over.wait(self._seconds / BEATS):
            with self._guard:
                jobs = list(self._jobs.values())
                if not jobs:
                    self._thread = None
                    return
            count += 1
            for name in jobs:
                # The next one may arrive; the operator waits for several.
                with suppress(FairleadError):
                    body = {"metadata": {"annotations": self.annotations(count)}}
                    self._rest.patch(JOBS, self._namespace, name, body)
