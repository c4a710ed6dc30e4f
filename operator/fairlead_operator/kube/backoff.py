"""When to try again. No input, no output, and no clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backoff:
    """Pauses that double from ``first`` to ``most`` seconds.

    Each is drawn from the upper half of its length, so that many that failed together do
    not come again together.
    """

    first: float = 0.1
    most: float = 15.0
    draw: random.Random = field(default_factory=random.Random, compare=False)

    def pause(self, failures: int, asked: float | None = None) -> float:
        """Return how many seconds to wait after so many failures in a row.

        Parameters
        ----------
        failures
            At least 1.
        asked
            What the server asked for (``Retry-After``); it is never waited for less than
            that, nor much longer than ``most`` because of it.
        """
        longest = min(self.most, self.first * 2.0 ** min(failures - 1, 30))
        pause = longest * (0.5 + self.draw.random() / 2)
        if asked is None:
            return pause
        return min(max(asked, pause), 2 * self.most) + self.draw.random() * self.first
