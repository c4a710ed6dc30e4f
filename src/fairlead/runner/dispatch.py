"""Which ticket is where: waiting here, or given to a worker.

Every worker is kept a few tickets ahead, so that short tasks never wait for the driver.
A worker that falls idle while another has a queue gets a share of it.  Nothing here
starts or kills anything.  Whoever calls anything holds the lock.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from fairlead.runner import protocol
from fairlead.runner.handle import WorkerHandle
from fairlead.runner.output import AttemptOutput

AHEAD = 16
"""Tickets a worker has at most, the running one included.  Enough to bridge the driver's
commits of a few milliseconds with tasks of a fraction of one; taking back is cheap."""


class Entry:
    """One submitted ticket that has not been finished."""

    __slots__ = ("body", "output", "stop", "worker")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.worker: WorkerHandle | None = None
        self.stop = False
        self.output: AttemptOutput | None = None


class Dispatch:
    """All unfinished tickets and all workers of a pool."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: dict[int, Entry] = {}
        self.backlog: deque[int] = deque()
        self.workers: dict[int, WorkerHandle] = {}

    def add(self, ticket: int, body: bytes) -> None:
        """Take a new ticket with its encoded order; give it to a worker if one has room."""
        self.entries[ticket] = Entry(body)
        self.backlog.append(ticket)
        self.fill()

    def fill(self) -> None:
        """Give waiting tickets to workers, the freest first."""
        backlog = self.backlog
        while backlog:
            worker = self._freest()
            if worker is None or not self._give(worker, backlog[0]):
                return
            backlog.popleft()

    def refill(self, worker: WorkerHandle) -> None:
        """Do what a worker that has just ended a ticket calls for."""
        if self.backlog:
            self.fill()
        elif not worker.given and worker.takes_tickets:
            self._share_with(worker)

    def finish(self, ticket: int) -> Entry | None:
        """Forget a ticket, because it is finished; None if it was so already."""
        entry = self.entries.pop(ticket, None)
        if entry is not None and entry.worker is not None:
            entry.worker.given.pop(ticket, None)
        return entry

    def begun(self, ticket: int) -> float | None:
        """Return when a worker began a ticket, None if none has."""
        entry = self.entries.get(ticket)
        if entry is None or entry.worker is None:
            return None
        slot = entry.worker.slot
        return slot.begun if slot.ticket == ticket else None

    def withdraw(self, worker: WorkerHandle) -> None:
        """Put what a worker has not taken back in front of what waits."""
        self.put_back(worker.take_back())

    def put_back(self, tickets: Iterable[int]) -> None:
        """Put tickets that no worker has in front of what waits, in their order."""
        tickets = list(tickets)
        for ticket in tickets:
            self.entries[ticket].worker = None
        self.backlog.extendleft(reversed(tickets))

    def drop_waiting(self, ticket: int) -> bool:
        """Finish a ticket if it waits here; return whether it did."""
        entry = self.entries.get(ticket)
        if entry is None or entry.worker is not None:
            return False
        self.backlog.remove(ticket)
        del self.entries[ticket]
        return True

    def _freest(self) -> WorkerHandle | None:
        best, least = None, AHEAD
        for worker in self.workers.values():
            if len(worker.given) < least and worker.takes_tickets:
                best, least = worker, len(worker.given)
        return best

    def _give(self, worker: WorkerHandle, ticket: int) -> bool:
        entry = self.entries[ticket]
        kind = protocol.TASK_STOPPED if entry.stop else protocol.TASK
        if not worker.give(ticket, kind, entry.body):
            return False
        entry.worker = worker
        return True

    def _share_with(self, idle: WorkerHandle) -> None:
        fullest = max(self.workers.values(), key=lambda worker: len(worker.given))
        if fullest is not idle and len(fullest.given) > 1:
            self.withdraw(fullest)
            self.fill()
