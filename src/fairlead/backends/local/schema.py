"""The tables of the local store, and opening a connection to them.

A task's row number carries its job's: ``job.no << TASK_BITS | position``.  So a
job's tasks are one range of the primary key, and no second index is needed.  A *node*
is a place in the graph, named by the row number of its first task object; retrying a
job adds rows for the same nodes and marks the old ones superseded.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from fairlead.errors import StoreError, StoreFullError, StoreVersionError

TASK_BITS = 32
BUSY_TIMEOUT_SECONDS = 30.0
"""How long a write waits for another process's commit, which takes milliseconds."""

_FIRST = """
CREATE TABLE job (
  no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  state TEXT NOT NULL, reason TEXT, failure TEXT, first_failure INTEGER,
  cause TEXT, failing INTEGER NOT NULL DEFAULT 0, cancelling INTEGER NOT NULL DEFAULT 0,
  suspended INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL,
  run INTEGER NOT NULL DEFAULT 1, tasks INTEGER NOT NULL DEFAULT 0,
  style TEXT NOT NULL, program TEXT, machine_group TEXT, lineage TEXT, metadata TEXT,
  created REAL NOT NULL, started REAL, ended REAL,
  owner TEXT, memory_cache TEXT
);
CREATE INDEX job_name ON job(name, no);
CREATE INDEX job_open ON job(state) WHERE state IN ('QUEUED', 'RUNNING', 'SUSPENDED');
CREATE TABLE task (
  no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, node INTEGER NOT NULL, parent INTEGER,
  depth INTEGER NOT NULL, run INTEGER NOT NULL, key TEXT,
  identifier TEXT NOT NULL, version TEXT NOT NULL, source TEXT,
  input BLOB NOT NULL, refs TEXT, depends_on TEXT, options TEXT, display TEXT,
  created REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'QUEUED', reason TEXT,
  attempt INTEGER NOT NULL DEFAULT 0, user_failures INTEGER NOT NULL DEFAULT 0,
  platform_failures INTEGER NOT NULL DEFAULT 0, not_before REAL,
  stopping INTEGER NOT NULL DEFAULT 0, superseded INTEGER NOT NULL DEFAULT 0,
  started REAL, ended REAL, result BLOB, result_refs TEXT, failure TEXT,
  progress TEXT, status_text TEXT, ran_version TEXT
);
CREATE UNIQUE INDEX task_key ON task(no >> 32, key) WHERE key IS NOT NULL AND NOT superseded;
CREATE INDEX task_renewed ON task(node) WHERE node <> no;
CREATE TABLE attempt (
  task INTEGER NOT NULL, attempt INTEGER NOT NULL, started REAL, ended REAL,
  outcome TEXT NOT NULL, version TEXT, failure TEXT,
  PRIMARY KEY (task, attempt)
) WITHOUT ROWID;
CREATE TABLE log (
  no INTEGER PRIMARY KEY, task INTEGER NOT NULL, attempt INTEGER NOT NULL,
  time REAL NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, fields TEXT
);
CREATE INDEX log_task ON log(task);
CREATE TABLE cache (job INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL);
CREATE UNIQUE INDEX cache_key ON cache(job, key);
CREATE TABLE cache_outbox (
  no INTEGER PRIMARY KEY, job INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL
);
CREATE TABLE request (
  no INTEGER PRIMARY KEY, job INTEGER NOT NULL, kind TEXT NOT NULL, task INTEGER,
  payload TEXT
);
CREATE TABLE task_metadata (
  task INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (task, key)
) WITHOUT ROWID;
CREATE TABLE machine (
  name TEXT PRIMARY KEY, size TEXT NOT NULL, minimum INTEGER NOT NULL,
  maximum INTEGER NOT NULL, state TEXT NOT NULL, created REAL NOT NULL
);
"""


_LENDING = """
CREATE TABLE IF NOT EXISTS offer (
  no INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER, slots INTEGER NOT NULL,
  definitions TEXT NOT NULL, closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS loan (
  no INTEGER PRIMARY KEY, offer INTEGER NOT NULL, job INTEGER NOT NULL, task INTEGER NOT NULL,
  attempt INTEGER NOT NULL, cache TEXT, stop TEXT, pace REAL, outcome BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS loan_task ON loan(task, attempt);
CREATE INDEX IF NOT EXISTS loan_offer ON loan(offer);
"""
"""What processes that lend each other workers need; some stores of format 1 have it already."""

_STEPS = (_FIRST, _LENDING)
"""What makes a store of each format from one of the format before; the first, from nothing."""

VERSION = len(_STEPS)


def connect(folder: Path | None) -> sqlite3.Connection:
    """Open the store, and make the tables that it lacks.

    Raises
    ------
    StoreVersionError
        A newer version of Fairlead has written the store.
    StoreError
        The file is no store, or cannot be opened.
    """
    try:
        connection = sqlite3.connect(
            ":memory:" if folder is None else folder / "store.db",
            timeout=BUSY_TIMEOUT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA cache_size=-32000")
        _prepare(connection, folder)
    except sqlite3.Error as error:
        raise explain(error, folder) from error
    return connection


def _prepare(connection: sqlite3.Connection, folder: Path | None) -> None:
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > VERSION:
            raise StoreVersionError(
                f"The store in {folder} has format {version}; this Fairlead knows formats up to "
                f"{VERSION}. Upgrade Fairlead, or name another folder in FAIRLEAD_HOME."
            )
        for step in _STEPS[version:]:
            for statement in step.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        # A full disk may have rolled it back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def explain(error: sqlite3.Error, folder: Path | None) -> StoreError:
    """Return the error that tells a user what an SQLite error means for the store."""
    text = str(error)
    if "full" in text or ("I/O" in text and _is_full(folder)):
        return StoreFullError(
            f"The disk that holds the store in {folder} is full. Nothing that was recorded is "
            "lost: make room, then continue with `fairlead jobs run`."
        )
    if "not a database" in text or "malformed" in text:
        return StoreError(
            f"The file store.db in {folder} is not a readable store ({text}). "
            "Move it away, or name another folder in FAIRLEAD_HOME."
        )
    return StoreError(
        f"The store in {folder} cannot be used ({text}). "
        "Check the disk and the folder's permissions, or name another in FAIRLEAD_HOME."
    )


def _is_full(folder: Path | None) -> bool:
    """Return whether there is no room even for SQLite's shared memory, 32 KiB."""
    return folder is not None and shutil.disk_usage(folder).free < 64 * 1024
