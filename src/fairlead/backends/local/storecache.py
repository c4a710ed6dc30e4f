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

    def read(self, key: str) -> bytes | None:
        """Return the value under a key, or None."""
        rows = self._store.read(
            "SELECT value FROM cache WHERE job = ? AND key = ?", (self._job, key)
        )
        return bytes(rows[0][0]) if rows else None

    def write(self, key: str, value: bytes) -> None:
        """Keep a value at once, from outside any task."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO cache (job, key, value) VALUES (?, ?, ?)"
                " ON CONFLICT (job, key) DO UPDATE SET value = excluded.value",
                (self._job, key, value),
            )

    def keys_with_prefix(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with the prefix."""
        rows = self._store.read(
            "SELECT key FROM cache WHERE job = ? AND substr(key, 1, ?) = ?",
            (self._job, len(prefix), prefix),
        )
        return (key for (key,) in rows)
