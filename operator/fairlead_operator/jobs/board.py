"""What is known of one job, and what is still to be done about it.

The files beside this one are the moves on it: :mod:`~.effects` turns what the core decides
into writes, :mod:`~.starting` gives ready tasks to runners, :mod:`~.endings` says how
attempts end, :mod:`~.podwatch` follows pods.  :mod:`~.model` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairlead.core.graph import JobGraph
from fairlead_operator.jobs.actions import Action, PatchJob
from fairlead_operator.jobs.alarms import Alarms
from fairlead_operator.jobs.asking import Grant, Refused, Runners, Wanted
from fairlead_operator.jobs.hindered import is_hindered
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.tasks import TaskRecord


class Board:
    """All that the moves work on.

    Attributes
    ----------
    records
        Every Task of the job that was seen, by name.
    graph
        The Tasks that count.
    holders
        By pod, the name of the task whose present attempt it holds.
    heard
        By name, when the runner of an attempt last said that its code has ended and that what
        it made is being recorded.
    made
        By siblings, the records of subtasks whose attempt is not committed.
    unplaced
        Tasks of a session that depend on what has not come yet.
    outside
        The names of those that have ended without ever having been in the graph.
    discarded
        The names of those that were cancelled alone while they ran, until that is written.
    ended
        By name, what is to be remembered of the attempt that has just ended.
    grants
        By name, the grant of an attempt whose new pod the API server has refused so far.
    queueing
        The names of those of them that wait until it is their turn to ask again.
    asks_at
        By name, when one of them asks by itself; older alarms for that are void.
    refused
        What keeps the tasks of a group from starting, as it was written last.
    actions
        What is to be done, in order.
    bases
        By name, the record as it was seen, where ``records`` has it already as it will be
        once what was ordered is written.
    """

    __slots__ = (
        "actions",
        "alarms",
        "asks_at",
        "bases",
        "discarded",
        "ended",
        "failure",
        "grants",
        "graph",
        "heard",
        "hindered",
        "holders",
        "job",
        "keys",
        "made",
        "numbers_due",
        "numbers_written",
        "outside",
        "pending",
        "queueing",
        "records",
        "refused",
        "run",
        "runners",
        "started",
        "swept",
        "unplaced",
        "written",
    )

    def __init__(self, job: JobRecord, runners: Runners) -> None:
        self.job = job
        self.run = max(job.status_run, 1)
        """The run that this is about; the job may want a later one already."""
        self.runners = runners
        self.graph = JobGraph()
        self.records: dict[str, TaskRecord] = {}
        self.bases: dict[str, TaskRecord] = {}
        self.holders: dict[str, str] = {}
        self.heard: dict[str, float] = {}
        self.made: dict[str, dict[str, TaskRecord]] = {}
        self.swept: set[str] = set()
        self.unplaced: dict[str, TaskRecord] = {}
        self.outside: set[str] = set()
        self.discarded: set[str] = set()
        self.ended: dict[str, Mapping[str, Any]] = {}
        self.pending: set[str] = set()
        """The names of tasks whose start was ordered and has not been seen yet."""
        self.grants: dict[str, Grant] = {}
        self.queueing: dict[str, None] = {}
        self.asks_at: dict[str, float] = {}
        self.refused: dict[Wanted, Refused] = {}
        self.keys: dict[str, str] = {}
        """By key, the names of the tasks at the top level."""
        self.actions: list[Action] = []
        self.alarms = Alarms()
        self.started: float | None = None
        """When the run started."""
        self.failure: Mapping[str, Any] | None = None
        """Why the job fails, where that is no task's failure."""
        self.numbers_due = False
        """Whether an alarm is set to write the job's numbers."""
        self.numbers_written = 0.0
        self.written: Mapping[str, Any] = job.status
        """The job's status as it is after everything that was ordered."""
        self.hindered = is_hindered(job.conditions)
        """Whether the job still says that something hinders the operator."""

    def do(self, action: Action) -> None:
        """Order something."""
        self.actions.append(action)

    def expect(self, name: str, **changes: Any) -> None:
        """Take a Task for what it will be once what is ordered now is written."""
        record = self.records[name]
        self.bases.setdefault(name, record)
        self.records[name] = replace(record, **changes)

    def newer(self, name: str, fresh: TaskRecord) -> None:
        """Take note of a later version of a Task that differs in nothing that matters."""
        version = fresh.resource_version
        self.records[name] = replace(self.records[name], resource_version=version)
        if name in self.bases:
            self.bases[name] = fresh

    def see(self, record: TaskRecord) -> None:
        """Take a Task for what it is."""
        self.records[record.name] = record
        self.bases.pop(record.name, None)
        self.pending.discard(record.name)

    def patch_job(self, body: Mapping[str, Any], *, free: bool = False) -> None:
        """Order a write of the job's status, unless all of it is there already."""
        if any(self.written.get(name) != value for name, value in body.items()):
            self.written = {**self.written, **body}
            self.do(PatchJob(body, free))
