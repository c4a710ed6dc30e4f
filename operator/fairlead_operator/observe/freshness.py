"""How old the operator's view is, by source of events: for health and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable


class Freshness:
    """When each source last heard from the server, and when it last did anything.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._turned: dict[str, float] = {}

    def expect(self, source: str) -> None:
        """Begin to count the age of a source that has not heard anything yet."""
        now = self._clock()
        self._heard.setdefault(source, now)
        self._turned.setdefault(source, now)

    def heard(self, source: str) -> None:
        """Note that the server answered, or sent something."""
        self._heard[source] = self._turned[source] = self._clock()

    def turned(self, source: str) -> None:
        """Note that a source tried again, with whatever success."""
        self._turned[source] = self._clock()

    def ages(self) -> dict[str, float]:
        """Return how many seconds ago each source last heard from the server."""
        now = self._clock()
        return {source: now - heard for source, heard in self._heard.items()}

    def oldest(self) -> float:
        """Return the greatest of these ages; 0 where nothing is observed."""
        return max(self.ages().values(), default=0.0)

    def idlest(self) -> float:
        """Return for how many seconds the least active source has not even tried."""
        now = self._clock()
        return max((now - turned for turned in self._turned.values()), default=0.0)
