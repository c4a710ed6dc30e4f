"""What namespaces may have: as tenants of one cluster, each has a limit and a share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Rank = tuple[float, float]


@dataclass(frozen=True)
class Tenants:
    """Limits and shares, by namespace.

    Attributes
    ----------
    limit
        How many runners every namespace may have at once; None for any number.
    limits
        How many those may have for which it is another number.
    shares
        How much of what is scarce a namespace gets, as against 1 for those not named.
    """

    limit: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, int] = field(default_factory=dict)

    def limit_of(self, namespace: str) -> int | None:
        """Return how many runners a namespace may have at once; None for any number."""
        return self.limits.get(namespace, self.limit)

    def share_of(self, namespace: str) -> int:
        """Return the weight of a namespace."""
        return self.shares.get(namespace, 1)

    def claim(self, namespace: str, runners: int) -> float:
        """Return how well off a namespace is with so many runners: the least comes first.

        One that has none comes before all that have some, whatever its share.  Else the next
        runner goes to where it leaves the numbers nearest to the shares: with half a runner
        added to what a namespace has, moving one runner between any two of them would not
        bring these nearer to their shares (the divisors of Webster's way to give out seats).
        """
        return (runners + 0.5) / self.share_of(namespace) if runners else 0.0
