"""Offering this process's workers to jobs that others drive, and running what they lend.

A borrowed attempt runs like any other of this engine.  Only its end differs: the outcome
goes into the loan's row instead of the job's graph.  A loan whose row has gone has been
revoked, or its driver has died and another has taken the job over; it is dropped.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from fairlead.backends.local.borrowed import BorrowedOrder, borrowed_orders
from fairlead.backends.local.offers import offered
from fairlead.backends.local.running import RunningAttempt
from fairlead.core.effects import StopKind
from fairlead.runner.protocol import encode_outcome
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.backend import Failure

if TYPE_CHECKING:
    from fairlead.backends.local.batch import Batch
    from fairlead.backends.local.engine import Engine

STAYS_ACTIVE = 0.5
"""Seconds after the last loan for which this looks for more as often as while it runs some."""

_OFFER = "INSERT INTO offer (job, slots, definitions) VALUES (?, ?, ?)"
_UPDATE = "UPDATE offer SET slots=?, definitions=? WHERE no=?"
_WITHDRAW = "UPDATE offer SET closed=1 WHERE no=?"
_CLEAR = "DELETE FROM offer WHERE no=?1 AND NOT EXISTS (SELECT 1 FROM loan WHERE offer=?1)"
_LOANS = "SELECT task, attempt, stop, job FROM loan WHERE offer=?"
_RETURN = "UPDATE loan SET outcome=?, pace=? WHERE task=? AND attempt=? AND offer=?"

Loan = tuple[int, int]
"""A task's row and the number of its attempt."""


class Borrower:
    """One engine's offer and what it has borrowed by it.

    Parameters
    ----------
    engine
        Runs the attempts.
    only
        The only job that its workers are offered to; None for any.

    Attributes
    ----------
    expects_loans
        Whether there are drivers who may lend something: else nobody need look.
    """

    def __init__(self, engine: Engine, only: int | None) -> None:
        self._engine = engine
        self._only = only
        # An attempt that has ended stays here, as None, until its driver has taken the outcome.
        self._held: dict[Loan, RunningAttempt | None] = {}
        self._stops: dict[Loan, str] = {}
        self._shown = self._present()
        self._active_until = 0.0
        self.expects_loans = False
        store = engine.store
        with store.transaction() as connection:
            cursor = connection.execute(_OFFER, (only, *self._shown))
            assert cursor.lastrowid is not None
            self.number = cursor.lastrowid
            # Before anybody can see the row: an offer without its lock is that of the dead.
            store.offer_locks.acquire(self.number)

    def _present(self) -> tuple[int, str]:
        """Return how many workers there are to offer, and for which definitions."""
        engine = self._engine
        own_wait = any(job.graph.ready_count for job in list(engine.jobs.values()))
        slots = 0 if own_wait and engine.lanes.full else engine.lanes.size
        return slots, offered(engine.lanes.definitions)

    @property
    def active(self) -> bool:
        """Whether loans are here, or were until a moment ago."""
        return bool(self._held) or monotonic() < self._active_until

    # --- inside a turn ------------------------------------------------------------

    def look(self, now: float, batch: Batch) -> None:
        """Begin new loans, stop those that are to stop, drop those that were revoked."""
        # What a dead driver of a job had lent is lost once this engine drives the job; until
        # the commit that says so, its rows are still there, and would begin all over again.
        own = self._engine.jobs
        loans = {
            (task, attempt): stop
            for task, attempt, stop, job in self._engine.store.read(_LOANS, (self.number,))
            if job not in own
        }
        for loan in self._held.keys() - loans.keys():
            self._drop(loan, now, batch)
        for loan, stop in loans.items():
            if stop is not None and loan in self._held and self._stops.get(loan) != stop:
                self._stop(loan, stop, now)
        if new := loans.keys() - self._held.keys():
            self._begin(new, now, batch)
        if loans:
            self._active_until = monotonic() + STAYS_ACTIVE
        if (present := self._present()) != self._shown:
            self._shown = present
            batch.others.append((_UPDATE, (*present, self.number)))

    def _begin(self, loans: set[Loan], now: float, batch: Batch) -> None:
        lanes = self._engine.lanes
        begun = []
        for loan in borrowed_orders(self._engine.store, self, [task for task, _ in loans]):
            order = loan.order
            if (loan.row, order.attempt) not in loans:
                continue
            definition = lanes.definitions.find(order.identifier, order.version, order.source)
            group = (order.identifier, order.version, order.source, order.timeout is not None)
            in_process = lanes.takes(group, False)
            if definition is None or in_process is None:
                self._refuse(loan, batch)
                continue
            attempt = RunningAttempt(
                self._engine, loan.job, loan.node, loan.row, order, definition, now
            )
            lanes.assign(attempt, in_process=in_process)
            self._engine.running[attempt.key] = attempt
            self._held[loan.row, order.attempt] = attempt
            begun.append(attempt)
        lanes.hand_over(begun)

    def _refuse(self, loan: BorrowedOrder, batch: Batch) -> None:
        order = loan.order
        why = self._engine.lanes.definitions.why_not(order.identifier, order.version, order.source)
        failure = Failure("NEVER_STARTED", "NoSuchTask", why)
        self._return(
            (loan.row, order.attempt),
            AttemptOutcome(OutcomeKind.NEVER_STARTED, failure=failure),
            1.0,
            batch,
        )

    def _stop(self, loan: Loan, kind: str, now: float) -> None:
        self._stops[loan] = kind
        attempt = self._held[loan]
        if attempt is not None:
            self._engine.stopper.stop_one(attempt, StopKind(kind), now)

    def _drop(self, loan: Loan, now: float, batch: Batch) -> None:
        self._stops.pop(loan, None)
        attempt = self._held.pop(loan)
        if attempt is not None:
            self._engine.give_up(attempt, None, now, batch)

    def ended(self, attempt: RunningAttempt, outcome: AttemptOutcome, batch: Batch) -> None:
        """Hand an attempt's outcome to its driver."""
        loan = (attempt.row, attempt.order.attempt)
        if loan in self._held:
            self._return(loan, outcome, attempt.workers.pace, batch)

    def _return(self, loan: Loan, outcome: AttemptOutcome, pace: float, batch: Batch) -> None:
        self._held[loan] = None
        batch.others.append((_RETURN, (encode_outcome(outcome), pace, *loan, self.number)))

    def leave(self, job: int, now: float, batch: Batch) -> None:
        """Drop what was borrowed from a job: this very engine drives it from here on."""
        for loan, attempt in list(self._held.items()):
            if attempt is not None and attempt.job.number == job:
                self._drop(loan, now, batch)

    # --- from outside -------------------------------------------------------------

    def close(self) -> None:
        """Withdraw the offer; what runs goes back, charged to nobody."""
        if self._engine.error is None:
            self._engine.call(self._withdraw)
        self._engine.store.offer_locks.release(self.number)

    def _withdraw(self, now: float, batch: Batch) -> None:
        for loan, attempt in self._held.items():
            if attempt is not None:
                self._engine.give_up(attempt, None, now, batch)
                self._return(loan, AttemptOutcome(OutcomeKind.RELEASED), 1.0, batch)
        batch.others += [(_WITHDRAW, (self.number,)), (_CLEAR, (self.number,))]
