"""Which task identifiers are labels of their own: there must be a bound on how many.

Every label of a metric costs whoever keeps it, for weeks.  Identifiers are few in most
clusters, but anybody who publishes a Release can invent more.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 200
"""How many identifiers are labels of their own at the same time."""

IDLE_SECONDS = 3600.0
"""How long one must not have been used before another may take its place. Far longer than the
time between two scrapes, so that its last numbers were read."""

OTHER = "other"
"""What all further ones are counted as."""


class Identifiers:
    """Gives identifiers their labels.

    Parameters
    ----------
    clock
        Tells the time in seconds, from any beginning.

    Attributes
    ----------
    freed
        Told of each identifier that is no label of its own any more.
    """

    def __init__(
        self,
        most: int = MOST,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._idle = idle_seconds
        self._clock = clock
        self._used: OrderedDict[str, float] = OrderedDict()
        """When each was used last; the one that was longest ago comes first."""
        self.freed: Callable[[str], None] = lambda identifier: None

    def label(self, identifier: str) -> str:
        """Return what an identifier is counted as now."""
        if identifier not in self._used and not self._has_room():
            return OTHER
        self._used[identifier] = self._clock()
        self._used.move_to_end(identifier)
        return identifier

    def _has_room(self) -> bool:
        if len(self._used) < self._most:
            return True
        oldest, used = next(iter(self._used.items()))
        if self._clock() - used < self._idle:
            return False
        del self._used[oldest]
        self.freed(oldest)
        return True
