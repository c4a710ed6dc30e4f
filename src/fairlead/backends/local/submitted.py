"""A job as it was submitted, read back from the store."""

from __future__ import annotations

import json
from dataclasses import replace

from fairlead.backends.local.jsontext import load_options, load_refs
from fairlead.backends.local.store import Store, task_range
from fairlead.sdk.backend import NewJob, NewTask

_JOB = "SELECT id, name, closed, program, style, machine_group, metadata FROM job WHERE no = ?"
_TOP_LEVEL = (
    "SELECT no, id, identifier, version, source, input, refs, depends_on, options, key"
    " FROM task WHERE no BETWEEN ? AND ? AND parent IS NULL AND no = node ORDER BY no"
)


def submitted(store: Store, number: int) -> NewJob:
    """Return a job with its top-level tasks, which refer to each other by position."""
    [row] = store.read(_JOB, (number,))
    id, name, closed, program, style, machine_group, metadata = row
    return NewJob(
        id,
        name,
        _tasks(store, number),
        bool(closed),
        program,
        style,
        machine_group,
        json.loads(metadata or "{}"),
    )


def _tasks(store: Store, number: int) -> list[NewTask]:
    rows = store.read(_TOP_LEVEL, task_range(number))
    by_row = {row[0]: position for position, row in enumerate(rows)}
    by_id = {row[1]: position for position, row in enumerate(rows)}
    tasks = []
    for _, id, identifier, version, source, data, refs, depends_on, options, key in rows:
        tasks.append(
            NewTask(
                id,
                identifier,
                version,
                source,
                bytes(data),
                tuple(replace(ref, task=by_id[str(ref.task)]) for ref in load_refs(refs)),
                tuple(by_row[row] for row in json.loads(depends_on or "[]")),
                load_options(options),
                key,
            )
        )
    return tasks
