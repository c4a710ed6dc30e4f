"""What is known of one job from its events, whether somebody drives it or not."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

from fairlead.core.states import TaskState
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.metrics import Usage


class Sort(NamedTuple):
    """What the tasks of one job have in common that are counted together."""

    identifier: str
    version: str
    release: str
    size: str
    group: str


class Watcher(Protocol):
    """Is told what happens to Tasks: :class:`fairlead_operator.driving.tally.Tally`."""

    def task_moved(
        self, seen: Seen, before: TaskRecord | None, after: TaskRecord, usage: Usage | None
    ) -> None: ...


@lru_cache(maxsize=4096)
def _shared(identifier: str, version: str, release: str, size: str, group: str) -> Sort:
    """Return the one object for these, which many tasks have in common."""
    return Sort(identifier, version, release, size, group)


def sort_of(record: TaskRecord) -> Sort:
    """Return what a Task is counted under, but for its state."""
    facts = record.facts
    return _shared(
        facts.identifier,
        facts.version,
        facts.release,
        record.size or facts.size,
        facts.group,
    )


class Seen:
    """One job and its Tasks.

    Attributes
    ----------
    name
        The job's name, as its Tasks have it, or as it has itself.
    record
        The job; None before it was seen.
    deleted
        Whether the job is no more.
    late
        Since when there is a Task that waits although the job has ended; None if none is known.
    listed
        Whether ``tasks`` is all that there is, as far as events tell.
    counts
        How many of ``tasks`` are in which state, by what they have in common.
    ready_since
        Says since when a task, by name, has wanted nothing but a runner; None if not known.
    """

    __slots__ = (
        "_watcher",
        "counts",
        "deleted",
        "late",
        "listed",
        "name",
        "namespace",
        "ready_since",
        "record",
        "tasks",
        "uid",
    )

    def __init__(self, namespace: str, name: str, uid: str, watcher: Watcher) -> None:
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.record: JobRecord | None = None
        self.deleted = False
        self.late: float | None = None
        self.listed = True
        self.tasks: dict[str, TaskRecord] = {}
        self.counts: dict[tuple[TaskState, Sort], int] = {}
        self.ready_since: Callable[[str], float | None] = _unknown
        self._watcher = watcher

    def see_job(self, record: JobRecord) -> bool:
        """Take note of the job; return whether that is news."""
        before = self.record
        if before is not None and record.resource_version <= before.resource_version:
            return False
        self.record = record
        return True

    def see_task(self, record: TaskRecord, usage: Usage | None = None) -> bool:
        """Take note of a Task; return whether that is news.

        Parameters
        ----------
        usage
            What its report says that the attempt took; not kept.
        """
        before = self.tasks.get(record.name)
        if before is not None and record.resource_version <= before.resource_version:
            return False
        self.tasks[record.name] = record
        if before is not None:
            self._count(before, -1)
        self._count(record, 1)
        self._watcher.task_moved(self, before, record, usage)
        return True

    def lose_task(self, name: str, uid: str | None = None) -> TaskRecord | None:
        """Take note that a Task is no more; return it, if it was known (under that uid)."""
        record = self.tasks.get(name)
        if record is None or (uid is not None and record.facts.uid != uid):
            return None
        self._count(record, -1)
        del self.tasks[name]
        return record

    def forget_tasks(self) -> None:
        """Keep no Tasks any more: the job has ended."""
        self.tasks.clear()
        self.counts.clear()
        self.listed = False

    def forget(self) -> None:
        """Keep nothing any more."""
        self.forget_tasks()
        self.record = None

    def _count(self, record: TaskRecord, step: int) -> None:
        key = (record.state, sort_of(record))
        number = self.counts.get(key, 0) + step
        if number:
            self.counts[key] = number
        else:
            del self.counts[key]


def _unknown(name: str) -> float | None:
    return None
