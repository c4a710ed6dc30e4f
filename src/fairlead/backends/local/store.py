"""The local store: one connection that writes, one that reads, short transactions.

Everything that is shown outside is read through the reading connection, so it has
been committed.  A store in memory has a single connection for both.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairlead.backends.local.home import store_folder
from fairlead.backends.local.locks import JobLocks, job_locks, offer_locks
from fairlead.backends.local.schema import TASK_BITS, connect, explain
from fairlead.errors import NotFoundError
from fairlead.sdk.cache import JobCache

IN_CLAUSE = 500
"""How many values one ``IN (...)`` takes; SQLite's own limit is 32,766."""


class Store:
    """One store of one process.  Safe to use from any thread, not across a fork."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.locks: JobLocks = job_locks(folder)
        self.offer_locks: JobLocks = offer_locks(folder)
        self.caches: dict[int, JobCache] = {}
        """Caches outside the store that jobs of this process have used, by job."""
        self._writer = connect(folder)
        self._write_lock = threading.RLock()
        self._reader = self._writer if folder is None else connect(folder)
        self._read_lock = self._write_lock if folder is None else threading.RLock()

    @contextmanager
    def transaction(self, *, synced: bool = False) -> Iterator[sqlite3.Connection]:
        """Write all that is done inside, or nothing; ``synced`` survives a power cut.

        Raises
        ------
        StoreError
            The disk is full or the store cannot be written; nothing was stored.
        """
        with self._write_lock:
            connection = self._writer
            try:
                if synced:
                    connection.execute("PRAGMA synchronous=FULL")
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    # A full disk may have rolled the transaction back already.
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                finally:
                    if synced:
                        connection.execute("PRAGMA synchronous=NORMAL")
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                raise explain(error, self.folder) from error

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query over what has been committed."""
        try:
            with self._read_lock:
                return self._reader.execute(sql, parameters).fetchall()
        except UnicodeEncodeError:
            return []  # asked for a text that no row can hold
        except sqlite3.Error as error:
            raise explain(error, self.folder) from error

    def read_many(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query whose ``{}`` is a list of any number of values."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(values), IN_CLAUSE):
            part = values[start : start + IN_CLAUSE]
            rows += self.read(sql.format(",".join("?" * len(part))), part)
        return rows

    def reader(self) -> Reader:
        """Return what queries with an ``execute`` of their own may be run on."""
        return Reader(self)

    def job_number(self, job_id: str) -> int:
        """Return the row number of the job with that id."""
        rows = self.read("SELECT no FROM job WHERE id = ?", (job_id,))
        if not rows:
            raise NotFoundError(
                f"No job has the id {job_id!r} in this store. `fairlead jobs list` shows them all."
            )
        return int(rows[0][0])

    def task_number(self, task_id: str) -> int:
        """Return the row number of the task with that id."""
        rows = self.read("SELECT no FROM task WHERE id = ?", (task_id,))
        if not rows:
            raise NotFoundError(
                f"No task has the id {task_id!r} in this store. "
                "`fairlead tasks list` shows the newest."
            )
        return int(rows[0][0])

    def files_folder(self, job_id: str, task_id: str) -> Path:
        """Return the folder of the files that a task leaves behind (it may be absent)."""
        if self.folder is None:
            return _memory_files() / job_id / task_id
        return self.folder / "files" / job_id / task_id


class Reader:
    """The store's reading side with the ``execute`` of a connection."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._store.read(sql, parameters)


def task_range(job: int) -> tuple[int, int]:
    """Return the first and last row number that tasks of a job can have."""
    return job << TASK_BITS, ((job + 1) << TASK_BITS) - 1


def job_of(task: int) -> int:
    """Return the number of the job that a task's row number belongs to."""
    return task >> TASK_BITS


_stores: dict[Path | None, Store] = {}
_stores_guard = threading.Lock()


def open_store() -> Store:
    """Return this process's one store for the folder that ``FAIRLEAD_HOME`` names now."""
    folder = store_folder()
    with _stores_guard:
        store = _stores.get(folder)
        if store is None:
            store = _stores[folder] = Store(folder)
        return store


# An SQLite connection must not be used across a fork: a child opens its own.
os.register_at_fork(after_in_child=_stores.clear)

_temporary: Path | None = None


def _memory_files() -> Path:
    global _temporary
    if _temporary is None:
        import atexit
        import shutil
        import tempfile

        _temporary = Path(tempfile.mkdtemp(prefix="fairlead-"))
        atexit.register(shutil.rmtree, _temporary, ignore_errors=True)
    return _temporary
