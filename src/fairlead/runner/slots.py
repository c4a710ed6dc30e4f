"""What the driver and its workers tell each other through shared memory.

Each worker has one slot of sixteen 64-bit numbers.  The worker writes which ticket it has
begun and when, before anything of that ticket's code runs, so that a crash is charged
to exactly that ticket.  The driver writes which ticket is to stop.  Each number has one
writer and is a single aligned store; every decision rests on one of them alone, and the
decisions that matter are taken after the worker has died.  What a ticket took is written by
the worker when it ends, or by the zygote when the worker has died.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time

from fairlead.sdk.attempt import AttemptUsage

SLOTS = 1024
"""How many worker processes one pool may have at a time, waiting ones included."""

_WORDS = 16
_TICKET, _BEGUN, _OWN_STOP, _STOP, _READING, _MEASURED, _WALL, _CPU, _MEMORY = range(9)
_SIZE = SLOTS * _WORDS * 8

_ADD_SEALS = 1033
"""``F_ADD_SEALS``, which the module ``fcntl`` does not name everywhere."""

_SEALS = 0x1 | 0x2 | 0x4
"""``F_SEAL_SEAL``, ``F_SEAL_SHRINK`` and ``F_SEAL_GROW``."""


def make_table() -> int:
    """Return the descriptor of a new, empty table in memory."""
    descriptor = os.memfd_create("fairlead-slots", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, _SIZE)
    # A worker that cut it off would end the driver, which has it mapped.
    fcntl.fcntl(descriptor, _ADD_SEALS, _SEALS)
    return descriptor


class SlotTable:
    """The table as mapped by one process."""

    def __init__(self, descriptor: int) -> None:
        self._words = memoryview(mmap.mmap(descriptor, _SIZE)).cast("q")

    def slot(self, index: int) -> Slot:
        """Return the slot of worker number ``index``."""
        return Slot(self._words[index * _WORDS : (index + 1) * _WORDS])


class Slot:
    """One worker's numbers."""

    __slots__ = ("_words",)

    def __init__(self, words: memoryview[int]) -> None:
        self._words = words

    def clear(self) -> None:
        """Make the slot fit for a new worker."""
        for word in range(_WORDS):
            self._words[word] = 0

    def begin(self, ticket: int) -> None:
        """Say that the worker begins a ticket now."""
        self._words[_BEGUN] = time.monotonic_ns()
        self._words[_TICKET] = ticket

    @property
    def ticket(self) -> int:
        """The ticket begun last; 0 before the first."""
        return self._words[_TICKET]

    @property
    def begun(self) -> float:
        """When that ticket was begun, in seconds of the monotonic clock."""
        return self._words[_BEGUN] / 1e9

    @property
    def asked_to_stop(self) -> int:
        """The ticket that the driver has asked to stop last."""
        return self._words[_STOP]

    @asked_to_stop.setter
    def asked_to_stop(self, ticket: int) -> None:
        self._words[_STOP] = ticket

    def stop_present(self) -> None:
        """Have the worker itself ask its present ticket to stop."""
        self._words[_OWN_STOP] = self._words[_TICKET]

    def stops(self, ticket: int) -> bool:
        """Return whether that ticket has been asked to stop."""
        words = self._words
        return words[_STOP] == ticket or words[_OWN_STOP] == ticket

    @property
    def reading(self) -> bool:
        """Whether the driver is reading the worker's output at this moment."""
        return self._words[_READING] != 0

    @reading.setter
    def reading(self, value: bool) -> None:
        self._words[_READING] = value

    # --- what a ticket took ----------------------------------------------------------

    def measured(self, ticket: int, usage: AttemptUsage) -> None:
        """Say what a ticket that has ended took."""
        words = self._words
        words[_WALL] = int(usage.wall * 1e9)
        words[_CPU] = int(usage.cpu * 1e9)
        words[_MEMORY] = usage.memory
        words[_MEASURED] = ticket

    def usage(self, ticket: int) -> AttemptUsage | None:
        """Return what a ticket took; None if that is not, or no more, known."""
        words = self._words
        if words[_MEASURED] != ticket:
            return None
        return AttemptUsage(words[_WALL] / 1e9, words[_CPU] / 1e9, words[_MEMORY])
