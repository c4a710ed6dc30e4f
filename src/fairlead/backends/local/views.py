"""Rows of the store as the records that the SDK shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fairlead.backends.local.jsontext import load_failure, load_options, load_progress
from fairlead.backends.local.store import Store, job_of, task_range
from fairlead.core.states import JobState, TaskState
from fairlead.errors import NotFoundError
from fairlead.sdk.backend import AttemptView, JobView, LogRecord, TaskView

_JOB = (
    "SELECT no, id, name, state, reason, failure, run, closed, style, program, machine_group,"
    " created, started, ended, lineage FROM job"
)
_TASK = (
    "SELECT no, id, node, parent, key, identifier, version, display, state, reason, attempt,"
    " options, depends_on, created, started, ended, run, progress, failure, status_text, superseded"
    " FROM task"
)


def job_view(store: Store, number: int) -> JobView:
    """Return one job."""
    return _job(store, store.read(f"{_JOB} WHERE no = ?", (number,))[0])


def job_views(
    store: Store, name: str | None, states: Sequence[JobState], limit: int
) -> list[JobView]:
    """Return the newest jobs, those with a name or in some states where these are given."""
    conditions, parameters = ["1"], list[Any]()
    if name is not None:
        conditions.append("name = ?")
        parameters.append(name)
    if states:
        conditions.append(f"state IN ({','.join('?' * len(states))})")
        parameters += [state.value for state in states]
    where = " AND ".join(conditions)
    rows = store.read(f"{_JOB} WHERE {where} ORDER BY no DESC LIMIT ?", (*parameters, limit))
    return [_job(store, row) for row in rows]


def _job(store: Store, row: tuple[Any, ...]) -> JobView:
    no, id_, name, state, reason, failure, run, closed, style, program, group, *rest = row
    created, started, ended, lineage = rest
    counts = store.read(
        "SELECT state, count(*) FROM task WHERE no BETWEEN ? AND ? AND NOT superseded GROUP BY 1",
        task_range(no),
    )
    return JobView(
        id=id_,
        name=name,
        state=JobState(state),
        reason=reason,
        failure=load_failure(failure),
        run=run,
        closed=bool(closed),
        style=style,
        program=program,
        machine_group=group,
        created=created,
        started=started,
        ended=ended,
        counts={TaskState(state): count for state, count in counts},
        lineage=lineage,
        driven=ended is None and store.locks.is_held(no),
    )


def is_abandoned(job: JobView) -> bool:
    """Return whether a job is a session whose program has gone without closing it."""
    return job.ended is None and not job.closed and not job.driven


def task_views_of_job(store: Store, job: int, *, history: bool) -> list[TaskView]:
    """Return a job's tasks in order of creation."""
    where = "no BETWEEN ? AND ?" + ("" if history else " AND NOT superseded")
    rows = store.read(f"{_TASK} WHERE {where} ORDER BY no", task_range(job))
    return _tasks(store, rows, whole_job=True)


def task_views(store: Store, numbers: Sequence[int]) -> list[TaskView]:
    """Return the tasks with these row numbers, in that order."""
    rows = store.read_many(_TASK + " WHERE no IN ({})", numbers)
    found = {row[0]: row for row in rows}
    return _tasks(store, [found[number] for number in numbers if number in found])


def newest_task_views(
    store: Store, ids: Sequence[str], states: Sequence[TaskState], limit: int
) -> list[TaskView]:
    """Return the newest tasks of all jobs, those with some ids or states where given."""
    if ids:
        views = task_views(store, [store.task_number(task_id) for task_id in ids])
        return [view for view in views if not states or view.state in states][:limit]
    marks = ",".join("?" * len(states))
    where = f"state IN ({marks}) AND NOT superseded" if states else "NOT superseded"
    rows = store.read(
        f"{_TASK} WHERE {where} ORDER BY no DESC LIMIT ?", (*[s.value for s in states], limit)
    )
    return _tasks(store, rows)


def _tasks(store: Store, rows: list[tuple[Any, ...]], *, whole_job: bool = False) -> list[TaskView]:
    depended = [json.loads(row[12]) if row[12] else () for row in rows]
    named = {row[2]: row[1] for row in rows} if whole_job else {}
    wanted = {row[3] for row in rows if row[3] is not None}.union(*depended)
    named |= newest_ids(store, [node for node in wanted if node not in named])
    jobs = sorted({job_of(row[0]) for row in rows})
    job_ids = dict(store.read_many("SELECT no, id FROM job WHERE no IN ({})", jobs))
    return [_task(row, named, job_ids, nodes) for row, nodes in zip(rows, depended, strict=True)]


def newest_ids(store: Store, nodes: Sequence[int]) -> dict[int, str]:
    """Return the id of the newest task object of each node."""
    first = store.read_many("SELECT no, id FROM task WHERE no IN ({}) AND NOT superseded", nodes)
    renewed = store.read_many(
        "SELECT node, id FROM task WHERE node IN ({}) AND node <> no AND NOT superseded", nodes
    )
    return dict(first + renewed)


def _task(
    row: tuple[Any, ...], named: dict[int, str], job_ids: dict[int, str], depends_on: Sequence[int]
) -> TaskView:
    no, id_, _, parent, key, identifier, version, display, state, reason, *rest = row
    attempt, options, _, created, started, ended, run, *rest = rest
    progress, failure, status_text, superseded = rest
    policy = load_options(options)
    return TaskView(
        id=id_,
        job_id=job_ids[job_of(no)],
        parent_id=None if parent is None else named.get(parent),
        key=key,
        identifier=identifier,
        version=version,
        display=display or key or identifier,
        state=TaskState(state),
        reason=reason,
        attempt=attempt,
        max_retries=policy.max_retries,
        optional=policy.optional,
        depends_on=tuple(named[node] for node in depends_on if node in named),
        created=created,
        started=started,
        ended=ended,
        run=run,
        machine_size=policy.machine_size,
        progress=load_progress(progress),
        failure=load_failure(failure),
        status_text=status_text,
        superseded=bool(superseded),
    )


def attempt_views(store: Store, number: int) -> list[AttemptView]:
    """Return the attempts of a task in order, the present or successful one last."""
    rows = store.read(
        "SELECT attempt, started, ended, outcome, version, failure FROM attempt"
        " WHERE task = ? ORDER BY attempt",
        (number,),
    )
    ended = {row[0] for row in rows}
    rows += [
        row
        for row in store.read(
            "SELECT attempt, started, ended, CASE WHEN state IN ('COMPUTED', 'COMPLETED')"
            " THEN 'SUCCEEDED' ELSE state END, ran_version, failure FROM task"
            " WHERE no = ? AND attempt > 0",
            (number,),
        )
        if row[0] not in ended
    ]
    return [
        AttemptView(attempt, started or 0.0, end, outcome, version or "", load_failure(failure))
        for attempt, started, end, outcome, version, failure in rows
    ]


def log_records(store: Store, first: int, last: int, after: int) -> tuple[list[LogRecord], int]:
    """Return log records of a range of tasks written after one, and the last one's number."""
    rows = store.read(
        "SELECT log.no, task.id, log.attempt, log.time, log.level, log.message, log.fields"
        " FROM log JOIN task ON task.no = log.task"
        " WHERE log.task BETWEEN ? AND ? AND log.no > ? ORDER BY log.no",
        (first, last, after),
    )
    records = [
        LogRecord(task_id, attempt, time, level, message, json.loads(fields) if fields else {})
        for _, task_id, attempt, time, level, message, fields in rows
    ]
    return records, rows[-1][0] if rows else after


def newest_job(store: Store, id_or_name: str) -> str:
    """Return the id of the job with that id, else of the newest with that name."""
    rows = store.read(
        "SELECT id FROM job WHERE id = ?1 OR name = ?1 ORDER BY id = ?1 DESC, no DESC LIMIT 1",
        (id_or_name,),
    )
    if not rows:
        raise NotFoundError(
            f"No job has the id or name {id_or_name!r} in this store. "
            "`fairlead jobs list` shows them all."
        )
    return str(rows[0][0])
