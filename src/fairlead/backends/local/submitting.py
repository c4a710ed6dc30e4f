"""Writing a new job into the store, and removing an old one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from time import time

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.newtasks import TaskRows
from fairlead.backends.local.schema import TASK_BITS
from fairlead.backends.local.store import Store, task_range
from fairlead.backends.local.taking import taken
from fairlead.core.specs import check_specs
from fairlead.errors import DuplicateTaskError
from fairlead.sdk.backend import NewJob

_INSERT_JOB = (
    "INSERT INTO job (id, name, state, closed, tasks, style, program, machine_group, lineage,"
    " metadata, created) VALUES (?, ?, 'QUEUED', ?, ?, ?, ?, ?, ?, ?, ?)"
)


def store_job(store: Store, job: NewJob) -> int:
    """Store a job and its tasks in one synced commit; return the job's number.

    The lock of a session is taken before others can see it: an open job that nobody
    drives is one whose program has died.
    """
    try:
        with store.transaction(synced=True) as connection:
            number = _insert(connection, job)
            if not job.closed:
                store.locks.acquire(number)
            return number
    except sqlite3.IntegrityError as error:
        raise duplicate(error) from error


def _insert(connection: sqlite3.Connection, job: NewJob) -> int:
    now = time()
    cursor = connection.execute(
        _INSERT_JOB,
        (
            job.id, job.name, job.closed, 0, job.style, job.program,
            job.machine_group, job.lineage, json.dumps(dict(job.metadata)), now,
        ),
    )  # fmt: skip
    number = cursor.lastrowid
    assert number is not None
    first = number << TASK_BITS
    rows = TaskRows(first, {})
    specs = rows.specs(job.tasks)
    check_specs(specs, (), lambda key: False)
    batch = Batch()
    rows.insert(job.tasks, specs, None, 0, 1, now, batch)
    batch.write(connection)
    connection.execute("UPDATE job SET tasks=? WHERE no=?", (len(job.tasks), number))
    return number


def duplicate(error: sqlite3.IntegrityError) -> Exception:
    """Return the error for a row that is there already."""
    return DuplicateTaskError(
        f"A task with this task_id is in the job already ({error}). Give each task its own task_id."
    )


def delete_job(store: Store, number: int, job_id: str) -> None:
    """Remove a job with all that belongs to it.

    Raises
    ------
    JobBusyError
        Somebody drives the job.
    """
    busy = f"Job {job_id} is running. Cancel it with `fairlead jobs cancel {job_id}` first."
    with taken(store, number, busy):
        first, last = task_range(number)
        with store.transaction(synced=True) as connection:
            for table in ("log", "attempt", "task_metadata"):
                connection.execute(f"DELETE FROM {table} WHERE task BETWEEN ? AND ?", (first, last))
            connection.execute("DELETE FROM task WHERE no BETWEEN ? AND ?", (first, last))
            for table in ("cache", "cache_outbox", "request", "loan"):
                connection.execute(f"DELETE FROM {table} WHERE job = ?", (number,))
            connection.execute("DELETE FROM job WHERE no = ?", (number,))
        shutil.rmtree(store.files_folder(job_id, "x").parent, ignore_errors=True)
