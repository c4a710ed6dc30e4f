"""Offers: workers of other processes, as the driver of a job sees them.

An offer is a row of the store and a record lock on one byte of a second lock file.  The
kernel frees the lock when the process that offers ends, however it ends, so nobody has
to renew anything, and nobody guesses at pids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fairlead.core import versions
from fairlead.sdk.definitions import DefinitionSet, TaskDefinition

if TYPE_CHECKING:
    from fairlead.backends.local.driven import Group
    from fairlead.backends.local.lending import Lender
    from fairlead.backends.local.running import RunningAttempt
    from fairlead.core.effects import StopKind

TURNAROUND = 0.01
"""Least seconds from the lending of an attempt to its outcome: each side looks every 5 ms."""

MOST_AHEAD = 64
"""Most attempts lent beyond the number of workers offered, however short they are."""

_SHORT = 0.0005


class Offer:
    """Workers that another process offers: what runs attempts, like threads or processes.

    Attributes
    ----------
    job
        The only job that they are offered to; None for any.
    slots
        How many attempts they run at a time.
    in_flight
        Attempts lent and not yet back.
    pace
        Seconds that an attempt takes there, the mean of the last few.
    """

    lag = 15.0
    """Seconds given beyond any time limit, for what is asked of it to arrive there."""

    def __init__(
        self, lender: Lender, number: int, job: int | None, slots: int, definitions: str
    ) -> None:
        self.number = number
        self.job = job
        self.slots = slots
        self.in_flight = 0
        self.pace = 1.0
        self._lender = lender
        self._known: dict[tuple[str, str | None], list[str]] = {}
        for identifier, version, source in json.loads(definitions):
            self._known.setdefault((identifier, source), []).append(version)
        self._takes: dict[Group, bool] = {}

    @property
    def room(self) -> int:
        """How many more attempts may be lent now."""
        ahead = min(MOST_AHEAD, int(TURNAROUND / self.pace)) if 0 < self.pace < _SHORT else 0
        return self.slots + ahead - self.in_flight

    def takes(self, group: Group) -> bool:
        """Return whether a definition there may run tasks like this."""
        taken = self._takes.get(group)
        if taken is None:
            identifier, version, source, _ = group
            known = self._known.get((identifier, source), ())
            taken = self._takes[group] = versions.best(version, known) is not None
        return taken

    def stop(self, attempt: RunningAttempt, kind: StopKind) -> None:
        """Have the borrower stop an attempt."""
        self._lender.pass_on(attempt, kind)

    def give_up(self, attempt: RunningAttempt) -> None:
        """Take an attempt back; the borrower drops it once it finds its loan gone."""
        self._lender.forget(attempt)


def offered(definitions: DefinitionSet) -> str:
    """Return the definitions that other processes may use, as kept with an offer.

    Those inside functions are left out: what they close over differs from process to
    process.
    """
    return json.dumps(sorted(_names(definitions), key=str))


def _names(definitions: Iterable[TaskDefinition]) -> set[tuple[str, str, str | None]]:
    return {
        (definition.identifier, definition.version, definition.source)
        for definition in definitions
        if not definition.origin.is_local
    }
