"""Reading a job's rows as the input from which its graph is rebuilt."""

from __future__ import annotations

import json
from typing import Any

from fairlead.backends.local.jsontext import load_options
from fairlead.backends.local.newtasks import policy_of
from fairlead.backends.local.store import Store, task_range
from fairlead.core.node import Key, NodeSpec, TaskPolicy
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.states import JobState, TaskState
from fairlead.sdk import settings

_JOB = (
    "SELECT state, closed, suspended, cancelling, failing, reason, cause, first_failure"
    " FROM job WHERE no = ?"
)
_TASKS = (
    "SELECT node, no, id, parent, identifier, version, source, depends_on, options, state,"
    " attempt, user_failures, platform_failures, not_before, reason, stopping, started"
    " FROM task WHERE no BETWEEN ? AND ? AND NOT superseded ORDER BY node"
)


def observe(store: Store, number: int) -> tuple[ObservedJob, dict[Key, int]]:
    """Return a job as recorded, and the row of each node whose first object is not its newest."""
    state, closed, suspended, cancelling, failing, reason, cause, first_failure = store.read(
        _JOB, (number,)
    )[0]
    policies: dict[str | None, TaskPolicy] = {}
    tasks: list[ObservedTask] = []
    rows: dict[Key, int] = {}
    for row in store.read(_TASKS, task_range(number)):
        tasks.append(_task(row, policies))
        if row[0] != row[1]:
            rows[row[0]] = row[1]
    job = ObservedJob(
        tasks,
        state=JobState(state),
        closed=bool(closed),
        suspended=bool(suspended),
        cancelling=bool(cancelling),
        failing=bool(failing),
        reason=reason,
        cause=cause,
        first_failure=first_failure,
        max_depth=settings.max_depth(),
        max_tasks=settings.max_tasks(),
    )
    return job, rows


def _task(row: tuple[Any, ...], policies: dict[str | None, TaskPolicy]) -> ObservedTask:
    node, _, id_, parent, identifier, version, source, depends_on, options, *present = row
    state, attempt, user_failures, platform_failures, not_before, reason, stopping, started = (
        present
    )
    policy = policies.get(options)
    if policy is None:
        policy = policies[options] = policy_of(load_options(options))
    group = (identifier, version, source, policy.timeout is not None)
    needs = tuple(json.loads(depends_on)) if depends_on else ()
    return ObservedTask(
        NodeSpec(node, group, needs, policy, id_, identifier),
        parent,
        TaskState(state),
        attempt,
        user_failures,
        platform_failures,
        not_before,
        reason,
        bool(stopping),
        started,
    )
