"""Tasks as the core's graph sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fairlead.api.ranges import unpack_keys
from fairlead.core.node import NodeSpec
from fairlead.core.observed import ObservedJob, ObservedTask
from fairlead.core.reasons import CANCELLING, FAILING
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES, JobState, TaskState
from fairlead.errors import DependencyError, InvalidRequestError
from fairlead_operator.jobs.asking import Wanted
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.options import bounded
from fairlead_operator.jobs.selecting import Selection, named
from fairlead_operator.jobs.tasks import TaskRecord


@lru_cache(maxsize=4096)
def _shared(identifier: str, version: str, release: str, size: str, group: str) -> Wanted:
    """Return the one object for these, which many tasks want alike."""
    return Wanted(identifier, version, release, size, group)


def wanted(job: JobRecord, record: TaskRecord) -> Wanted:
    """Return what a task needs of its next runner; a size that has grown stays."""
    facts = record.facts
    grown = record.size if record.attempt else ""
    return _shared(
        facts.identifier,
        facts.version,
        facts.release or job.release,
        grown or facts.size or job.size,
        facts.group or job.group,
    )


def node_spec(job: JobRecord, record: TaskRecord, depends_on: Sequence[str]) -> NodeSpec:
    """Return a task's node; ``depends_on`` are the names of what it waits for."""
    facts = record.facts
    return NodeSpec(
        facts.name,
        wanted(job, record),
        tuple(depends_on),
        bounded(facts.policy, job.max_parallel.get(facts.identifier)),
        facts.name,
        facts.identifier,
    )


def specs_of(job: JobRecord, siblings: Sequence[TaskRecord]) -> list[NodeSpec]:
    """Return the nodes of tasks that were submitted together.

    Raises
    ------
    DependencyError
        If one depends on a key that is none of theirs.
    InvalidRequestError
        If a list of dependencies is too long.
    """
    return specs_in(job, siblings, {record.facts.key: record.name for record in siblings})


def specs_in(
    job: JobRecord, records: Sequence[TaskRecord], names: Mapping[str, str]
) -> list[NodeSpec]:
    """Return the nodes of tasks among siblings whose names are given by key; may raise as above."""
    specs = []
    for record in records:
        needs, unknown = named(unpack_keys(record.facts.depends_on), names)
        if unknown:
            raise DependencyError(
                f"task {record.facts.key!r} depends on {unknown[0]!r}, which is no task submitted"
                " together with it"
            )
        specs.append(node_spec(job, record, needs))
    return specs


@dataclass(slots=True)
class Observation:
    """What a model is made from.

    Attributes
    ----------
    broken
        Whether something that is needed is not there any more.
    unplaced
        Tasks of a session that depend on what has not come yet.
    """

    job: ObservedJob
    broken: bool
    unplaced: list[TaskRecord]


def observe(job: JobRecord, selection: Selection, run: int) -> Observation:
    """Return the job as the core rebuilds it."""
    names = _names(selection)
    tasks = []
    broken = selection.missing > 0
    unplaced = _unplaced(job, selection)
    for record in selection.tasks:
        if record.name in unplaced:
            continue
        needs, unknown = named(keys_needed(record), names[record.facts.siblings])
        # What has ended needs nothing any more.
        broken = broken or (bool(unknown) and record.state not in FINAL_TASK_STATES)
        parent = selection.parents[record.name]
        tasks.append(_observed(record, node_spec(job, record, needs), parent))
    known = sum(task.parent is None for task in tasks)
    # Those still have to come to something, even if no more are added.
    closed = is_closed(job, run, known) and not unplaced
    return Observation(_observed_job(job, tasks, run, closed), broken, [*unplaced.values()])


def _unplaced(job: JobRecord, selection: Selection) -> Mapping[str, TaskRecord]:
    """Return the tasks of a session that wait for what has not come, also through each other."""
    waiting: dict[str, TaskRecord] = {}
    placed: set[str] = set()
    for record in selection.tasks:
        if job.is_session and selection.parents[record.name] is None:
            if record.state is TaskState.QUEUED and not record.attempt:
                waiting[record.name] = record
            else:
                placed.add(record.facts.key)
    before = -1
    while waiting and len(waiting) != before:
        before = len(waiting)
        for record in list(waiting.values()):
            if placed.issuperset(keys_needed(record)):
                placed.add(record.facts.key)
                del waiting[record.name]
    return waiting


def keys_needed(record: TaskRecord) -> Sequence[str]:
    """Return the keys a task depends on; as they stand there, where they mean nothing."""
    try:
        return unpack_keys(record.facts.depends_on)
    except InvalidRequestError:
        return record.facts.depends_on


def _names(selection: Selection) -> Mapping[str, Mapping[str, str]]:
    names: dict[str, dict[str, str]] = {}
    for record in selection.tasks:
        names.setdefault(record.facts.siblings, {})[record.facts.key] = record.name
    return names


def _observed(record: TaskRecord, spec: NodeSpec, parent: str | None) -> ObservedTask:
    return ObservedTask(
        spec,
        parent,
        TaskState.RUNNING if record.held else record.state,
        record.attempt,
        record.user_failures,
        record.platform_failures,
        record.not_before,
        record.reason,
        record.stop == "Stop",
        record.started,
    )


def _observed_job(job: JobRecord, tasks: list[ObservedTask], run: int, closed: bool) -> ObservedJob:
    current = job.status_run == run
    state = job.state if current else JobState.QUEUED
    reason = job.status.get("reason") if current else None
    failure = job.status.get("failure") if current else None
    return ObservedJob(
        tasks,
        state=state,
        closed=closed,
        suspended=job.desired == "Suspended",
        cancelling=job.desired == "Cancelled",
        reason=reason,
        cause=cause_of(job) if reason in (FAILING, CANCELLING) else None,
        first_failure=failure["task"] if failure else None,
    )


def is_closed(job: JobRecord, run: int, known: int) -> bool:
    """Return whether no more tasks come to the top level, ``known`` being there."""
    if not job.is_session:
        return True
    # What was not there when a later run began will not come any more.
    return run > 1 or (job.closed_tasks is not None and known >= job.closed_tasks)


def cause_of(job: JobRecord) -> str | None:
    """Return why the job is failing or being cancelled: conditions have it as their reason."""
    if job.state in FINAL_JOB_STATES:
        return None
    for condition in job.conditions:
        if condition["type"] == "Succeeded":
            return str(condition["reason"])
    return None
