"""Lending attempts to workers that other processes offer.

Where a job has ready tasks for which its driver has no room or no definition, the driver
*lends* attempts: one commit writes their starts and a row each in the table ``loan``.
The borrower runs them and writes the outcome into that row; the driver's commit of the
outcome deletes it.  So there is one writer of the job at any time, and a loan that is
gone is revoked: whatever the borrower does with it afterwards finds no row to write to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fairlead.backends.local.driven import DrivenJob, Group
from fairlead.backends.local.offers import Offer
from fairlead.backends.local.running import RunningAttempt
from fairlead.backends.local.storecache import StoreCache
from fairlead.core.effects import StopKind
from fairlead.runner.protocol import BadMessageError, decode_outcome
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Hashable

    from fairlead.backends.local.batch import Batch
    from fairlead.backends.local.engine import Engine

_OFFERS = "SELECT no, job, slots, definitions, closed FROM offer"
_LEND = "INSERT INTO loan (offer, job, task, attempt, cache) VALUES (?, ?, ?, ?, ?)"
_STOP = "UPDATE loan SET stop=? WHERE task=? AND attempt=?"
_TAKE_BACK = "DELETE FROM loan WHERE task=? AND attempt=?"
_OUTCOMES = (
    "SELECT task, attempt, pace, outcome FROM loan WHERE outcome IS NOT NULL AND job IN ({})"
)
_CLEAR = "DELETE FROM offer WHERE no=?1 AND NOT EXISTS (SELECT 1 FROM loan WHERE offer=?1)"

_WORTH_LENDING = 0.0005
"""Seconds a task must take to be lent where its driver could run it: a loan costs 0.1 ms of CPU."""


class Lender:
    """What one engine has lent.  Used inside a turn only.

    Attributes
    ----------
    offers
        The live offers of other processes, by number.
    """

    def __init__(self, engine: Engine) -> None:
        self.offers: dict[int, Offer] = {}
        self._engine = engine
        self._loans: dict[tuple[int, int], RunningAttempt] = {}
        self._pending: list[tuple[str, tuple[Any, ...]]] = []
        self._done = -1
        self._moving = True
        # An engine without any definition drives a job for a moment only.
        self._lends = engine.store.folder is not None and engine.options.definitions != []

    @property
    def active(self) -> bool:
        """Whether outcomes may come in."""
        return bool(self._loans)

    # --- lending ------------------------------------------------------------------

    def lend(self, job: DrivenJob, now: float, batch: Batch) -> bool:
        """Start ready tasks of a job on offered workers; False if none was started."""
        # Machines of a group are workers of the driver, and so never lent.
        if not job.graph.ready_count or job.released or job.machine_group is not None:
            return False
        address = None if isinstance(job.cache, StoreCache) else job.cache.address
        if address is None and not isinstance(job.cache, StoreCache):
            return False  # nobody else could read the job's cache
        before = len(self._loans)
        for offer in self.offers.values():
            if offer.room > 0 and offer.job in (None, job.number):
                self._lend_to(offer, job, address, now, batch)
        return len(self._loans) > before

    def _lend_to(
        self, offer: Offer, job: DrivenJob, address: str | None, now: float, batch: Batch
    ) -> None:
        def accepts(group: Hashable) -> bool:
            return offer.takes(cast(Group, group)) and self._is_worth(cast(Group, group))

        for key, row, order in job.start(now, offer.room, accepts, batch):
            loan = RunningAttempt(self._engine, job, key, row, order, None, now)
            loan.workers = offer
            offer.in_flight += 1
            self._engine.running[key] = self._loans[row, order.attempt] = loan
            batch.others.append((_LEND, (offer.number, job.number, row, order.attempt, address)))

    def _is_worth(self, group: Group) -> bool:
        """Return whether to lend tasks like this: those that could as well run here must last."""
        lanes = self._engine.lanes
        in_process = lanes.takes(group, False)
        if in_process is None or not self._moving:
            return True
        workers = lanes.processes if in_process else lanes.threads
        return workers.pace >= _WORTH_LENDING

    # --- looking ------------------------------------------------------------------

    def look(self, now: float, batch: Batch) -> None:
        """Take note of new offers, take outcomes, and end what those who are gone had."""
        if not self._lends:
            return
        rows = self._engine.store.read(_OFFERS)
        if not (rows or self.offers or self._loans):
            return
        # Before the outcomes: whoever is seen to be gone now writes none any more.
        gone = self._observe(rows)
        self._collect(now, batch)
        for number, kind in gone.items():
            self._settle(number, kind, now, batch)
        done, self._done = self._done, self._engine.lanes.threads.done
        self._moving = done != self._done
        if any(offer.room > 0 for offer in self.offers.values()):
            for job in self._engine.jobs.values():
                if job.graph.ready_count:
                    self._engine.touch(job)

    def _observe(self, rows: list[tuple[Any, ...]]) -> dict[int, OutcomeKind]:
        """Bring the offers up to date; return how the loans of those that are gone end."""
        locks = self._engine.store.offer_locks
        # A row that is gone, or closed, was withdrawn by an owner who ran nothing any more.
        gone = dict.fromkeys(self.offers.keys() - {row[0] for row in rows}, OutcomeKind.RELEASED)
        for number, job, slots, definitions, closed in rows:
            if locks.is_mine(number):
                continue
            if closed:
                gone[number] = OutcomeKind.RELEASED
            elif not locks.is_held(number):
                gone[number] = OutcomeKind.LOST
            elif number in self.offers:
                self.offers[number].slots = slots
            else:
                self.offers[number] = Offer(self, number, job, slots, definitions)
        return gone

    def _collect(self, now: float, batch: Batch) -> None:
        jobs = list({loan.job.number for loan in self._loans.values()})
        for task, attempt, pace, data in self._engine.store.read_many(_OUTCOMES, jobs):
            loan = self._loans.get((task, attempt))
            if loan is not None:
                cast(Offer, loan.workers).pace = pace
                self._end(loan, _outcome(data), now, batch)

    def _settle(self, number: int, kind: OutcomeKind, now: float, batch: Batch) -> None:
        """End the loans of an offer that is gone, and remove it once nobody has any."""
        offer = self.offers.pop(number, None)
        for loan in [loan for loan in self._loans.values() if loan.workers is offer]:
            self._end(loan, AttemptOutcome(kind), now, batch)
        self._pending.append((_CLEAR, (number,)))

    def _end(self, loan: RunningAttempt, outcome: AttemptOutcome, now: float, batch: Batch) -> None:
        loan.outcome = outcome
        self.forget(loan)
        self._engine.ended(loan, now, batch)

    # --- taking back --------------------------------------------------------------

    def pass_on(self, loan: RunningAttempt, kind: StopKind) -> None:
        """Write for the borrower how to stop an attempt."""
        self._pending.append((_STOP, (kind.value, loan.row, loan.order.attempt)))

    def forget(self, loan: RunningAttempt) -> None:
        """Take a loan back; its borrower drops it."""
        if self._loans.pop((loan.row, loan.order.attempt), None) is not None:
            self._pending.append((_TAKE_BACK, (loan.row, loan.order.attempt)))

    def write(self, batch: Batch) -> None:
        """Add to the commit what has been asked of borrowers and taken back from them."""
        batch.others += self._pending
        self._pending.clear()

    def fail(self) -> None:
        """Lend and take no more: the engine has failed, and will write nothing."""
        self._lends = False
        self._loans.clear()
        self._pending.clear()
        self.offers.clear()

    def close(self, now: float, batch: Batch) -> None:
        """Take everything back: the engine ends."""
        for loan in list(self._loans.values()):
            self.forget(loan)
        self.offers.clear()


def _outcome(data: bytes) -> AttemptOutcome:
    try:
        return decode_outcome(data)
    except BadMessageError:
        return AttemptOutcome(OutcomeKind.LOST)
