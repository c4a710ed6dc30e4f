"""Machine groups on a laptop: a bound on how many of their runs execute at once."""

from __future__ import annotations

from typing import Any

from fairlead.backends.local.explained import explained
from fairlead.backends.local.store import Store, job_of
from fairlead.errors import NotFoundError, TaskError
from fairlead.sdk.backend import Failure


def start(store: Store, name: str, size: str, minimum: int, maximum: int, now: float) -> None:
    """Let runs on a group start."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO machine (name, size, minimum, maximum, state, created)"
            " VALUES (?, ?, ?, ?, 'STARTED', ?)",
            (name, size, minimum, maximum, now),
        )


def terminate(store: Store, name: str) -> None:
    """Let nothing more start on a group."""
    with store.transaction() as connection:
        cursor = connection.execute(
            "UPDATE machine SET state = 'TERMINATED' WHERE name = ?", (name,)
        )
        if not cursor.rowcount:
            raise NotFoundError(
                f"No machine group is called {name!r}. `fairlead machines list` shows them all."
            )


def room(store: Store, name: str) -> tuple[bool, int]:
    """Return whether a group is started, and how many more tasks its machines could run."""
    rows = store.read(
        "SELECT state = 'STARTED', maximum - (SELECT count(*) FROM task JOIN job"
        " ON job.no = task.no >> 32 WHERE job.machine_group = machine.name"
        " AND job.ended IS NULL AND task.state = 'RUNNING') FROM machine WHERE name = ?",
        (name,),
    )
    return (bool(rows[0][0]), int(rows[0][1])) if rows else (False, 0)


def terminated(name: str) -> Failure:
    """Return the failure of a run that was still queued when its group was terminated."""
    error = TaskError(
        f"The machine group {name} was terminated before the run had started. Start another"
        " group and run it there; wait for a run before its group is terminated."
    )
    return explained(error, "MACHINES_TERMINATED")


def listing(store: Store) -> list[dict[str, Any]]:
    """Return the groups in order of their start, with how many runs each has running."""
    names = ("name", "size", "minimum", "maximum", "state", "created", "running", "queued")
    count = (
        "(SELECT count(*) FROM task JOIN job ON job.no = task.no >> 32"
        " WHERE job.machine_group = machine.name AND job.ended IS NULL AND task.state = '{}')"
    )
    rows = store.read(
        "SELECT name, size, minimum, maximum, state, created,"
        f" {count.format('RUNNING')}, {count.format('QUEUED')} FROM machine ORDER BY created"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def queue_position(store: Store, task: int) -> int | None:
    """Return how many tasks that wait for the same machines are ahead of a task.

    None once it has started, or where it will never start.
    """
    rows = store.read("SELECT state, attempt FROM task WHERE no = ?", (task,))
    if rows[0][0] != "QUEUED" or rows[0][1] > 0:
        return None
    ahead = store.read(
        "SELECT count(*) FROM job JOIN task ON task.no BETWEEN job.no << 32"
        " AND ((job.no + 1) << 32) - 1 WHERE job.ended IS NULL AND task.state = 'QUEUED'"
        " AND task.no < ? AND job.machine_group IS"
        " (SELECT machine_group FROM job WHERE no = ?)",
        (task, job_of(task)),
    )
    return int(ahead[0][0])
