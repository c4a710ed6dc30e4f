"""Names in the order of their ranks, where ranks change all the time.

A heap in which what is no longer true stays until it comes up: a change costs the logarithm of
how many names there are, however many of them wait.
"""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

Rank = tuple[float, ...]
"""The lowest comes first; among equals, the first by name."""

Name = TypeVar("Name", bound=str)

SPARE = 16
"""How many entries more than twice as many as there are names a heap may have."""


class Ranking(Generic[Name]):
    """Names by rank, of which the first can be told at any time."""

    def __init__(self) -> None:
        self._ranks: dict[Name, Rank] = {}
        self._heap: list[tuple[Rank, Name]] = []

    def __len__(self) -> int:
        return len(self._ranks)

    def __contains__(self, name: Name) -> bool:
        return name in self._ranks

    def put(self, name: Name, rank: Rank) -> None:
        """Give a name a rank, another one than before or for the first time."""
        if self._ranks.get(name) == rank:
            return
        self._ranks[name] = rank
        heapq.heappush(self._heap, (rank, name))
        if len(self._heap) > 2 * len(self._ranks) + SPARE:
            self._heap = [(rank, name) for name, rank in self._ranks.items()]
            heapq.heapify(self._heap)

    def drop(self, name: Name) -> None:
        """Forget a name, if it is known."""
        self._ranks.pop(name, None)

    def first(self) -> tuple[Rank, Name] | None:
        """Return the first name and its rank; None if there is none."""
        while self._heap:
            rank, name = self._heap[0]
            if self._ranks.get(name) == rank:
                return rank, name
            heapq.heappop(self._heap)
        return None
