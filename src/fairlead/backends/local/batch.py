"""What one commit writes: rows collected while events are handled, written together.

The hot path costs a task two small updates and an insert, so each list holds
ready-made parameter tuples and is written by one ``executemany``.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from fairlead.core.node import Key

_INSERT_TASK = (
    "INSERT INTO task (no, id, node, parent, depth, run, key, identifier, version, source, input,"
    " refs, depends_on, options, display, created)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_START = "UPDATE task SET state='RUNNING', reason=NULL, attempt=?, started=?, ended=NULL WHERE no=?"
_SUCCEED = (
    "UPDATE task SET state=?, reason=?, ended=?, result=?, ran_version=?, failure=NULL"
    " WHERE no=? AND attempt=?"
)
_DECORATE = (
    "UPDATE task SET result_refs=?, display=coalesce(?, display), progress=coalesce(?, progress),"
    " status_text=coalesce(?, status_text) WHERE no=? AND attempt=?"
)
_CHANGE = (
    "UPDATE task SET state=?, reason=?, user_failures=?, platform_failures=?, not_before=?,"
    " ended=coalesce(ended, ?) WHERE no=?"
)
_FAIL = "UPDATE task SET failure=?, ran_version=?, ended=? WHERE no=? AND attempt=?"
_REPORT = (
    "UPDATE task SET display=coalesce(?, display), progress=coalesce(?, progress),"
    " status_text=coalesce(?, status_text) WHERE no=? AND attempt=?"
)
_ATTEMPT = (
    "INSERT OR REPLACE INTO attempt (task, attempt, started, ended, outcome, version, failure)"
    " VALUES (?, ?, (SELECT started FROM task WHERE no = ?), ?, ?, ?, ?)"
)
_LOG = "INSERT INTO log (task, attempt, time, level, message, fields) VALUES (?, ?, ?, ?, ?, ?)"
_CACHE = (
    "INSERT INTO cache (job, key, value) VALUES (?, ?, ?)"
    " ON CONFLICT (job, key) DO UPDATE SET value = excluded.value"
)
_OUTBOX = "INSERT INTO cache_outbox (job, key, value) VALUES (?, ?, ?)"

Row = tuple[Any, ...]


class Batch:
    """The rows of one commit, by the statement that writes them."""

    __slots__ = (
        "attempts", "cache", "changes", "decorations", "failures", "finals", "inserts", "logs",
        "others", "outbox", "reports", "starts", "successes", "synced",
    )  # fmt: skip

    def __init__(self) -> None:
        self.inserts: list[Row] = []
        self.starts: list[Row] = []
        self.successes: list[Row] = []
        self.decorations: list[Row] = []
        self.changes: list[Row] = []
        self.failures: list[Row] = []
        self.reports: list[Row] = []
        self.attempts: list[Row] = []
        self.logs: list[Row] = []
        self.cache: list[Row] = []
        self.outbox: list[Row] = []
        self.others: list[tuple[str, Row]] = []
        self.finals: list[Key] = []
        self.synced = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.starts or self.successes or self.changes or self.logs or self.inserts
            or self.others or self.failures or self.decorations or self.reports
        )  # fmt: skip

    def write(self, connection: sqlite3.Connection) -> None:
        """Write everything inside the transaction that is open."""
        many = connection.executemany
        if self.attempts:
            many(_ATTEMPT, self.attempts)
        if self.failures:
            many(_FAIL, self.failures)
        if self.reports:
            many(_REPORT, self.reports)
        if self.successes:
            many(_SUCCEED, self.successes)
        if self.decorations:
            many(_DECORATE, self.decorations)
        if self.inserts:
            many(_INSERT_TASK, self.inserts)
        if self.changes:
            many(_CHANGE, self.changes)
        if self.starts:
            many(_START, self.starts)
        if self.logs:
            many(_LOG, self.logs)
        if self.cache:
            many(_CACHE, self.cache)
        if self.outbox:
            many(_OUTBOX, self.outbox)
        for statement, row in self.others:
            connection.execute(statement, row)
