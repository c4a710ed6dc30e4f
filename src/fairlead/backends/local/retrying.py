"""Opening the next run of a failed or cancelled job.

What did not succeed gets a new task object under its old node; the old objects stay as
history.  Which tasks those are is the core's decision.
"""

from __future__ import annotations

from time import time
from typing import Any, cast

from fairlead.backends.local.observing import observe
from fairlead.backends.local.schema import TASK_BITS
from fairlead.backends.local.store import Store, task_range
from fairlead.backends.local.taking import taken
from fairlead.core.ids import IdSequence
from fairlead.core.renewal import renew
from fairlead.errors import InvalidRequestError

_COPY = (
    "INSERT INTO task (no, id, node, parent, depth, run, key, identifier, version, source, input,"
    " refs, depends_on, options, created) SELECT ?, ?, node, parent, depth, ?, key, identifier,"
    " version, source, input, refs, depends_on, options, ? FROM task WHERE no = ?"
)
_REOPEN = (
    "UPDATE job SET state='QUEUED', reason=NULL, cause=NULL, failure=NULL, first_failure=NULL,"
    " failing=0, cancelling=0, suspended=0, ended=NULL, run=?, tasks=?"
    " WHERE no=?"
)


def retry(store: Store, number: int) -> int:
    """Open the job's next run; return how many tasks will run again.

    Raises
    ------
    JobBusyError
        Somebody drives the job.
    InvalidRequestError
        The job has not failed and was not cancelled.
    """
    name = store.read("SELECT name FROM job WHERE no = ?", (number,))[0][0]
    busy = f"Job {name} is still running. Wait for its end, or cancel it first."
    with taken(store, number, busy):
        return _retry(store, number, name)


def _retry(store: Store, number: int, name: str) -> int:
    state, run, tasks = store.read("SELECT state, run, tasks FROM job WHERE no = ?", (number,))[0]
    if state not in ("FAILED", "CANCELLED"):
        raise InvalidRequestError(
            f"Job {name} is {state}. Only a job that failed or was cancelled can be retried."
        )
    observed, rows = observe(store, number)
    plan = renew(observed)
    now = time()
    first = task_range(number)[0]
    ids = IdSequence(f"{first >> TASK_BITS}/{name}/run", run + 1, now)
    with store.transaction(synced=True) as connection:
        gone = [(rows.get(key, cast(int, key)),) for key in (*plan.renewed, *plan.superseded)]
        connection.executemany("UPDATE task SET superseded=1 WHERE no=?", gone)
        copies: list[tuple[Any, ...]] = [
            (
                first + tasks + position,
                ids.id(position),
                run + 1,
                now,
                rows.get(key, cast(int, key)),
            )
            for position, key in enumerate(plan.renewed)
        ]
        connection.executemany(_COPY, copies)
        connection.execute(_REOPEN, (run + 1, tasks + len(copies), number))
        if not plan.kept:
            connection.execute("UPDATE job SET memory_cache=NULL WHERE no=?", (number,))
        # What was asked of the run that has ended does not concern the next.
        connection.execute("DELETE FROM request WHERE job=?", (number,))
    return len(copies)
