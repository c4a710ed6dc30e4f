"""Which of a job's Tasks count: the newest under each key, of committed attempts only.

A Task counts if it is at the top level, or if the attempt that made it is the one that its
parent was COMPUTED with.  Of several with the same key among the same siblings, that of
the latest run counts.  Whatever was made by other attempts is inert, or history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.api import labels
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import TaskState
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.tasks import TaskFacts, TaskRecord

Slots = dict[str, dict[str, TaskRecord]]
"""By siblings and key, the newest record."""

_COMMITTED = frozenset({TaskState.COMPUTED, TaskState.COMPLETED, TaskState.CANCELLED})


@dataclass(slots=True)
class Selection:
    """The Tasks of a job that count, parents before their subtasks.

    Attributes
    ----------
    parents
        By name, the name of the parent; None at the top level.
    left
        By siblings, those made by attempts that are not committed (yet).
    missing
        How many Tasks were committed but are not there any more.
    incomplete
        The names of those whose subtasks are among the missing.
    """

    tasks: list[TaskRecord] = field(default_factory=list)
    parents: dict[str, str | None] = field(default_factory=dict)
    left: dict[str, list[TaskRecord]] = field(default_factory=dict)
    missing: int = 0
    incomplete: set[str] = field(default_factory=set)


def select(job: JobRecord, records: Iterable[TaskRecord], run: int) -> Selection:
    """Return the Tasks that count in a run of the job."""
    siblings: dict[str, list[TaskRecord]] = {}
    for record in records:
        if record.facts.job_uid == job.uid and record.facts.run <= run:
            siblings.setdefault(record.facts.siblings, []).append(record)
    found = Selection()
    top = _newest(siblings.pop(labels.parent_attempt(job.uid, 0), ()))
    if not job.is_session:
        found.missing += sum(key not in top for key in job.keys)
        ordered = [top[key] for key in job.keys if key in top]
    else:
        ordered = sorted(top.values(), key=_age)
    _add(found, ordered, None)
    for record in found.tasks:  # grows while it is walked
        _add_children(found, record, siblings)
    # Whatever belongs to a Task that a later run has superseded is history.
    found.left = {
        label: some
        for label, some in siblings.items()
        if some[0].facts.parent_name in found.parents
    }
    return found


def _add_children(
    found: Selection, parent: TaskRecord, siblings: dict[str, list[TaskRecord]]
) -> None:
    if not has_committed(parent):
        return
    label = labels.parent_attempt(parent.facts.uid, parent.attempt)
    made = siblings.pop(label, [])
    children = committed(parent, made)
    if len(made) > len(children) and (others := strays(parent, made)):
        siblings[label] = others
    if len(children) < parent.children:
        found.missing += parent.children - len(children)
        found.incomplete.add(parent.name)
    _add(found, children, parent.name)


def has_committed(parent: TaskRecord) -> bool:
    """Return whether subtasks of a task's present attempt count."""
    outcome = parent.reported
    return (
        parent.children > 0
        and parent.state in _COMMITTED
        and outcome is not None
        and outcome.kind is OutcomeKind.SUCCEEDED
    )


def committed(parent: TaskRecord, made: Iterable[TaskRecord]) -> list[TaskRecord]:
    """Return the subtasks that belong to the success a parent reported, in order.

    Others are there where a runner that was given up, or somebody else, made them.
    """
    ours = [record for record in made if _is_ours(parent, record)]
    return sorted(_newest(ours).values(), key=lambda record: _number(record.facts.key))


def strays(parent: TaskRecord, made: Iterable[TaskRecord]) -> list[TaskRecord]:
    """Return those among the same subtasks that do not belong to it."""
    return [record for record in made if not _is_ours(parent, record)]


def _is_ours(parent: TaskRecord, child: TaskRecord) -> bool:
    outcome = parent.reported
    facts = child.facts
    by_holder = facts.creator_uid == (outcome.pod_uid if outcome is not None else "")
    renewed = not facts.creator_uid and facts.run > parent.facts.run
    return _number(facts.key) < parent.children and (by_holder or renewed)


def _add(found: Selection, records: Iterable[TaskRecord], parent: str | None) -> None:
    for record in records:
        found.tasks.append(record)
        found.parents[record.name] = parent


def _newest(records: Iterable[TaskRecord]) -> dict[str, TaskRecord]:
    newest: dict[str, TaskRecord] = {}
    for record in records:
        before = newest.get(record.facts.key)
        if before is None or _counts_before(record.facts, before.facts):
            newest[record.facts.key] = record
    return newest


def _counts_before(one: TaskFacts, other: TaskFacts) -> bool:
    """Return whether one Task counts and not another of the same key: of one run, the first."""
    return (-one.run, one.created, one.name) < (-other.run, other.created, other.name)


def _age(record: TaskRecord) -> tuple[float, float, str]:
    """Orders the tasks of a session as they were added, as far as that can be seen."""
    return _number(record.facts.key), record.facts.created, record.facts.id


def _number(key: str) -> float:
    return int(key) if key.isascii() and key.isdigit() else float("inf")


def named(keys: Iterable[str], names: Mapping[str, str]) -> tuple[Sequence[str], list[str]]:
    """Return the names under some keys, and the keys under which there is none."""
    found, unknown = [], []
    for key in keys:
        name = names.get(key)
        if name is None:
            unknown.append(key)
        else:
            found.append(name)
    return found, unknown
