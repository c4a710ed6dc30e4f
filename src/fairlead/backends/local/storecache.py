"""The job cache that lives in the store itself."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.backends.local.store import Store
from fairlead.sdk.cache import JobCache


class StoreCache(JobCache):
    """A job's cache as rows of the store, written by the commits of its tasks."""

    def __init__(self, store: Store, job: int) -> None:
        self._store = store
        self._job = job

    def get(self, key: str) -> bytes:
        """Return the value under a key; KeyError if there is none."""
        rows = self._store.read(
            "SELECT value FROM cache WHERE job = ? AND key = ?", (self._job, key)
        )
        if not rows:
            raise KeyError(key)
        return bytes(rows[0][0])

    def set(self, key: str, value: bytes) -> None:
        """Keep a value at once, from outside any task."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO cache (job, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (job, key) DO UPDATE SET value = excluded.value",
                (self._job, key, value),
            )

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        rows = self._store.read("SELECT key FROM cache WHERE job = ?", (self._job,))
        return (key for (key,) in rows)
