"""Keeps the right number of workers: starts, retires and replaces them."""

from __future__ import annotations

import time
from collections.abc import Callable

from fairlead.runner.dispatch import Dispatch
from fairlead.runner.handle import WorkerHandle
from fairlead.runner.slots import SLOTS, SlotTable
from fairlead.runner.zygote_link import ZygoteLink

_LONGEST_PAUSE = 5.0
"""Seconds between attempts to start workers that die before they begin anything."""

_FORKS_AT_ONCE = 32
"""Workers ordered before the first of them has started: what surely fits the socket."""


class Staff:
    """The workers of a pool.

    Parameters
    ----------
    size
        How many workers take tickets at a time; those whose task waits are not counted.
    attend
        Is called with each new worker.
    trusted
        Whether workers may do all that this process may.

    Attributes
    ----------
    not_before
        When, by the monotonic clock, workers may be started again; 0 for at any time.
    """

    def __init__(
        self,
        size: int,
        dispatch: Dispatch,
        slots: SlotTable,
        attend: Callable[[WorkerHandle], None],
        trusted: bool = True,
    ) -> None:
        self.size = size
        self.not_before = 0.0
        self._dispatch = dispatch
        self._slots = slots
        self._attend = attend
        self._trusted = trusted
        self._free_slots = list(range(SLOTS - 1, -1, -1))
        self._failures = 0

    def balance(self, link: ZygoteLink) -> None:
        """Have as many workers that take tickets as there should be."""
        if time.monotonic() < self.not_before:
            return
        self.not_before = 0.0
        dispatch = self._dispatch
        with dispatch.lock:
            active = [worker for worker in dispatch.workers.values() if worker.takes_tickets]
            active.sort(key=lambda worker: len(worker.given), reverse=True)
            for worker in active[self.size :]:
                dispatch.withdraw(worker)
                worker.retire()
            for _ in range(min(self.size - len(active), _FORKS_AT_ONCE, len(self._free_slots))):
                self._start(link)
            dispatch.fill()

    def remove(self, worker: WorkerHandle) -> None:
        """Forget a worker that has ended; the dispatch's lock must be held."""
        del self._dispatch.workers[worker.index]
        self._free_slots.append(worker.index)
        if worker.slot.ticket:
            self._failures = 0
        elif not worker.retiring:
            self._pause()

    def close(self) -> None:
        """Let go of the shared table; no worker is started any more."""
        del self._slots

    def _pause(self) -> None:
        """Wait longer and longer before replacing workers that die before any work."""
        self._failures += 1
        pause = min(0.01 * 2**self._failures, _LONGEST_PAUSE)
        self.not_before = time.monotonic() + pause

    def _start(self, link: ZygoteLink) -> None:
        index = self._free_slots.pop()
        worker = WorkerHandle(index, self._slots.slot(index), self._trusted)
        self._dispatch.workers[index] = worker
        self._attend(worker)
        link.fork(index, worker.seat)
        worker.seat_taken()
        self._dispatch.refill(worker)
