"""Attempts of jobs that another process drives: their orders, read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fairlead.backends.local.jsontext import load_options, load_refs
from fairlead.backends.local.store import Store
from fairlead.backends.local.storecache import StoreCache
from fairlead.backends.local.upstream import resolve
from fairlead.sdk import settings
from fairlead.sdk.attempt import AttemptOrder
from fairlead.sdk.cache import JobCache, cache_at

if TYPE_CHECKING:
    from fairlead.backends.local.borrowing import Borrower

_ORDERS = (
    "SELECT task.no, task.node, job.no, job.id, loan.cache, loan.attempt, task.id, identifier,"
    " version, source, input, refs, display, depth, options, task.started"
    " FROM loan JOIN task ON task.no = loan.task JOIN job ON job.no = loan.job"
    " WHERE loan.attempt = task.attempt AND loan.task IN ({})"
)


class BorrowedJob(NamedTuple):
    """The job of a borrowed attempt, as far as its borrower knows it."""

    number: int
    cache: JobCache
    borrower: Borrower


class BorrowedOrder(NamedTuple):
    """One loan: which task it is of, and what is to be run."""

    row: int
    node: int
    job: BorrowedJob
    order: AttemptOrder


def borrowed_orders(store: Store, borrower: Borrower, tasks: Sequence[int]) -> list[BorrowedOrder]:
    """Return the orders of loans, their references resolved.

    All that the references stand for was committed before the loan, and is final.
    """
    found = []
    for row in store.read_many(_ORDERS, tasks):
        no, node, job_number, job_id, address, *rest = row
        cache = StoreCache(store, job_number) if address is None else cache_at(address)
        job = BorrowedJob(job_number, cache, borrower)
        found.append(BorrowedOrder(no, node, job, _order(store, job_id, rest)))
    return found


def _order(store: Store, job_id: str, row: list[Any]) -> AttemptOrder:
    attempt, id_, identifier, version, source, data, refs, display, depth, options, started = row
    order = AttemptOrder(
        job_id,
        id_,
        attempt,
        identifier,
        version,
        source,
        data,
        refs=load_refs(refs),
        display=display,
        depth=depth,
        max_depth=settings.max_depth(),
        max_tasks=settings.max_tasks(),
        timeout=load_options(options).timeout,
        started=started or 0.0,
    )
    if order.refs:
        order.upstream = resolve(store.reader(), {str(ref.task) for ref in order.refs})
    return order
