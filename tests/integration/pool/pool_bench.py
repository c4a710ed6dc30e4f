"""A pool of real worker processes, and a recorder of all that it tells its owner."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.runner.pool import WorkerPool
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, Upstream
from fairlead.sdk.backend import Progress, Ref
from fairlead.sdk.cache import InMemoryCache, JobCache

PATIENCE = 60.0
"""Seconds after which a test gives up on what should have taken none."""


class Recorder:
    """Pool events that remember everything, and complain of a ticket finished twice."""

    def __init__(self) -> None:
        self.outcomes: dict[int, AttemptOutcome] = {}
        self.twice: list[int] = []
        self.logs: list[tuple[Any, ...]] = []
        self.reports: list[tuple[Any, ...]] = []
        self.texts: list[tuple[int, str, str]] = []
        self.waits: list[tuple[int, bool]] = []
        self.settlements = 0
        self.cache: JobCache = InMemoryCache()
        self._changed = threading.Condition()

    def finished(self, ticket: int, outcome: AttemptOutcome) -> None:
        with self._changed:
            if ticket in self.outcomes:
                self.twice.append(ticket)
            self.outcomes[ticket] = outcome
            self._changed.notify_all()

    def logged(self, ticket: int, level: str, message: str, fields: dict[str, Any]) -> None:
        self.logs.append((ticket, level, message, fields))

    def reported(
        self,
        ticket: int,
        display: str | None,
        progress: tuple[Progress, ...],
        status_text: str | None,
    ) -> None:
        self.reports.append((ticket, display, progress, status_text))

    def printed(self, ticket: int, stream: str, text: str) -> None:
        assert ticket not in self.outcomes, "printed after it was finished"
        self.texts.append((ticket, stream, text))

    def blocked(self, ticket: int, is_blocked: bool) -> None:
        self.waits.append((ticket, is_blocked))

    def settled(self) -> None:
        self.settlements += 1

    def cache_for(self, ticket: int) -> JobCache:
        return self.cache

    def text(self, ticket: int, stream: str = "stdout") -> str:
        return "".join(text for one, name, text in self.texts if (one, name) == (ticket, stream))

    def wait(self, *tickets: int) -> list[AttemptOutcome]:
        """Return the outcomes of tickets once all of them are finished."""
        with self._changed:
            missing = set(tickets)

            def complete() -> bool:
                missing.difference_update(self.outcomes)
                return not missing

            assert self._changed.wait_for(complete, PATIENCE), f"not finished: {sorted(missing)}"
        return [self.outcomes[ticket] for ticket in tickets]


class Bench:
    """A pool, its recorder and the tickets that the pool has taken."""

    def __init__(self, pool: WorkerPool, events: Recorder) -> None:
        self.pool = pool
        self.events = events
        self.submitted: list[int] = []
        self._last = 0

    def submit(
        self,
        task: str,
        value: Any = None,
        refs: tuple[Ref, ...] = (),
        upstream: dict[str, Upstream] | None = None,
    ) -> int:
        """Submit a task by name; return its ticket."""
        self._last += 1
        data = json.dumps(value).encode()
        order = AttemptOrder(
            "job", f"task{self._last}", 1, task, "v0.0", None, data, refs, upstream or {}
        )
        self.pool.submit(self._last, order)
        self.submitted.append(self._last)
        return self._last

    def run(self, task: str, value: Any = None) -> AttemptOutcome:
        """Run a task to its end."""
        return self.events.wait(self.submit(task, value))[0]

    def value(self, task: str, value: Any = None) -> Any:
        """Run a task that must succeed; return its result."""
        outcome = self.run(task, value)
        assert outcome.failure is None
        assert outcome.result is not None
        return json.loads(outcome.result)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def has_said(file: Path) -> bool:
    """Return whether a task has written a whole line into a file."""
    return file.exists() and file.read_text().endswith("\n")


def is_running(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent_of(pid: int) -> int:
    """Return the process id of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def zygote_of(pids: list[int]) -> int:
    """Return the pid of the zygote that forked these workers; 0 if it is gone, or they are."""
    for pid in pids:
        try:
            parent = parent_of(pid)
            # An orphan's parent is somebody else, whom no test may harm.
            if parent_of(parent) == os.getpid():
                return parent
        except (FileNotFoundError, ProcessLookupError):
            continue
    return 0
