"""Cache writes that are committed, on their way into a cache outside the store.

The commit of an attempt puts its writes into the outbox; they are published right after
it, before anything that depends on the task starts.  Where the cache cannot be written,
or the program dies in between, they stay and are published by the next driver of the
job, or, if the job has ended, by the next runner with such a cache.
"""

from __future__ import annotations

from fairlead.backends.local.store import Store
from fairlead.errors import BackendError
from fairlead.sdk.cache import JobCache


def publish(store: Store, job: int, cache: JobCache) -> None:
    """Write a job's committed cache writes into its cache, in order.

    Raises
    ------
    BackendError
        The cache cannot be written; nothing is lost.
    """
    rows = store.read("SELECT no, key, value FROM cache_outbox WHERE job = ? ORDER BY no", (job,))
    for _, key, value in rows:
        try:
            cache.set(key, value)
        except Exception as error:
            raise BackendError(
                f"The job cache cannot be written at {key!r} ({error}). What tasks wrote is kept"
                " in the store; mend the cache, and the next runner with it will publish it."
            ) from error
    if rows:
        with store.transaction() as connection:
            connection.execute(
                "DELETE FROM cache_outbox WHERE job = ? AND no <= ?", (job, rows[-1][0])
            )


def publish_leftovers(store: Store, cache: JobCache | None) -> None:
    """Publish what ended jobs have left in the outbox, into their parts of a runner's cache."""
    if cache is None:
        return
    for number, job_id in store.read(
        "SELECT no, id FROM job WHERE ended IS NOT NULL AND no IN (SELECT job FROM cache_outbox)"
    ):
        publish(store, number, cache.group(job_id))
