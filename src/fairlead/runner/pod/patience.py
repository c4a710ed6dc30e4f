"""Trying again: pauses that grow, and end at once when there is no more reason to wait."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from fairlead.runner.pod.errors import ApiAwayError, RefusedError, StoppedWaitingError

T = TypeVar("T")

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Pauses:
    """Pauses between attempts at something: 0.1 s, doubling to 5 s, each somewhat shortened.

    Parameters
    ----------
    stop
        Ends a pause, and all further ones.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._next = FIRST_PAUSE

    def pause(self, at_least: float = 0.0) -> None:
        """Wait.

        Raises
        ------
        StoppedWaitingError
            If there is no more reason to.
        """
        # Many runners lose the API server at the same time; they must not come back at once.
        seconds = max(at_least, self._next * random.uniform(0.5, 1.0))
        self._next = min(self._next * 2, LONGEST_PAUSE)
        if self._stop.wait(seconds):
            raise StoppedWaitingError("there is no more reason to wait")


def patiently(ask: Callable[[], T], stop: threading.Event | None = None) -> T:
    """Return the answer of the API server, however long it is away.

    Raises
    ------
    RefusedError
        If the answer is a refusal.
    StoppedWaitingError
        If ``stop`` is set while it is away.
    """
    pauses = Pauses(stop)
    while True:
        try:
            return ask()
        except ApiAwayError as away:
            pauses.pause(away.retry_after)


def persistently(ask: Callable[[], T], stop: threading.Event | None = None) -> T | None:
    """Return the answer of the API server, also where it refuses at first; None if it is 404.

    Roles and tokens can come late, or be away for a while.
    """
    pauses = Pauses(stop)
    while True:
        try:
            return patiently(ask, stop)
        except RefusedError as refused:
            if refused.status == 404:
                return None
            print(f"fairlead: trying again: {refused}", file=sys.stderr, flush=True)
            pauses.pause()


def insistently(
    write: Callable[[], object],
    arrived: Callable[[RefusedError], bool],
    stop: threading.Event | None = None,
) -> None:
    """Write something until it has arrived.

    Parameters
    ----------
    write
        Tries it once.
    arrived
        Says of a refusal whether it means that an earlier try had arrived; what it raises
        ends the trying.
    stop
        Ends the trying as well.

    Raises
    ------
    StoppedWaitingError
        If ``stop`` is set while it has not arrived.
    """
    pauses = Pauses(stop)
    while True:
        try:
            write()
            return
        except ApiAwayError as away:
            pauses.pause(away.retry_after)
        except RefusedError as refused:
            if arrived(refused):
                return
            pauses.pause()
