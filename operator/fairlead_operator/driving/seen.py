"""What is known of one job from its events, whether somebody drives it or not."""

from __future__ import annotations

from fairlead.api.words import camel
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.metrics import Metrics


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
    """

    __slots__ = (
        "_metrics",
        "deleted",
        "late",
        "listed",
        "name",
        "namespace",
        "record",
        "tasks",
        "uid",
    )

    def __init__(self, namespace: str, name: str, uid: str, metrics: Metrics) -> None:
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.record: JobRecord | None = None
        self.deleted = False
        self.late: float | None = None
        self.listed = True
        self.tasks: dict[str, TaskRecord] = {}
        self._metrics = metrics

    def see_job(self, record: JobRecord) -> bool:
        """Take note of the job; return whether that is news."""
        before = self.record
        if before is not None and record.resource_version <= before.resource_version:
            return False
        self._metrics.job_moved(_word(before), camel(record.state))
        self.record = record
        return True

    def see_task(self, record: TaskRecord) -> bool:
        """Take note of a Task; return whether that is news."""
        before = self.tasks.get(record.name)
        if before is not None and record.resource_version <= before.resource_version:
            return False
        self._metrics.task_moved(_word(before), camel(record.state))
        self.tasks[record.name] = record
        return True

    def lose_task(self, name: str, uid: str | None = None) -> TaskRecord | None:
        """Take note that a Task is no more; return it, if it was known (under that uid)."""
        record = self.tasks.get(name)
        if record is None or (uid is not None and record.facts.uid != uid):
            return None
        self._metrics.task_moved(camel(record.state), None)
        del self.tasks[name]
        return record

    def forget_tasks(self) -> None:
        """Keep no Tasks any more: the job has ended."""
        for record in self.tasks.values():
            self._metrics.task_moved(camel(record.state), None)
        self.tasks.clear()
        self.listed = False

    def forget(self) -> None:
        """Keep nothing any more."""
        self.forget_tasks()
        if self.record is not None:
            self._metrics.job_moved(camel(self.record.state), None)
            self.record = None


def _word(record: JobRecord | TaskRecord | None) -> str | None:
    return None if record is None else camel(record.state)
