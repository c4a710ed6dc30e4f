"""What is kept of a Job: what is wanted of it and what was written about it, but no tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.api import labels
from fairlead.api.times import seconds
from fairlead.api.words import JOB_STATES
from fairlead.core.ids import job_id
from fairlead.core.states import FINAL_JOB_STATES, JobState

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A Job as it was seen last.

    ``keys`` are those of ``spec.tasks`` in their order, empty for a session;
    ``closed_tasks`` is how many tasks a session closed with, None while it is open.
    ``status_run`` is the run that the status is about, 0 if nothing was written yet; the
    ``status`` itself is as the API server shows it.  ``pulse`` is the sign of life of the
    program that adds tasks, empty if there is none.
    """

    namespace: str
    name: str
    uid: str
    resource_version: int
    generation: int
    created: float
    deleted: bool
    id: str
    keys: tuple[str, ...]
    desired: str
    run: int
    closed_tasks: int | None
    max_parallel: Mapping[str, int]
    priority: int
    deadline: int | None
    ttl: int | None
    size: str
    group: str
    release: str
    account: str
    reuse: str
    reuse_seconds: int
    isolation: str
    traceparent: str
    pulse: str
    state: JobState
    status_run: int
    status: Mapping[str, Any]

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> JobRecord:
        """Return the record of a Job as the API server shows it."""
        meta: Mapping[str, Any] = raw["metadata"]
        spec: Mapping[str, Any] = raw["spec"]
        status: Mapping[str, Any] = raw.get("status") or _NONE
        created = seconds(meta.get("creationTimestamp")) or 0.0
        closed = spec.get("closed")
        return cls(
            namespace=meta["namespace"],
            name=meta["name"],
            uid=meta["uid"],
            resource_version=int(meta.get("resourceVersion") or 0),
            generation=meta.get("generation", 1),
            created=created,
            deleted="deletionTimestamp" in meta,
            id=spec.get("id") or job_id(created, meta["uid"].encode()),
            keys=tuple(task["name"] for task in spec.get("tasks") or ()),
            desired=spec.get("desired", "Running"),
            run=spec.get("run", 1),
            closed_tasks=None if closed is None else closed["tasks"],
            max_parallel=spec.get("maxParallel") or _NONE,
            priority=spec.get("priority", 0),
            deadline=spec.get("deadlineSeconds"),
            ttl=spec.get("ttlSecondsAfterFinished"),
            size=spec.get("machineSize") or "",
            group=spec.get("machineGroup") or "",
            release=spec.get("release") or "",
            account=spec.get("serviceAccountName") or "",
            reuse=spec.get("reuse", "WithinJob"),
            reuse_seconds=spec.get("reuseSeconds", 10),
            isolation=spec.get("isolation", "Shared"),
            traceparent=spec.get("traceparent") or "",
            pulse=(meta.get("annotations") or _NONE).get(labels.PULSE, ""),
            state=JOB_STATES[status.get("state", "Queued")],
            status_run=status.get("run", 0),
            status=status,
        )

    @property
    def is_session(self) -> bool:
        """Whether tasks are added to it from outside, until it is closed."""
        return not self.keys

    @property
    def is_final(self) -> bool:
        """Whether the run that is wanted has ended."""
        return self.status_run >= self.run and self.state in FINAL_JOB_STATES

    @property
    def is_opened(self) -> bool:
        """Whether the tasks of the run that is wanted have all been made, and that was written."""
        return self.status_run >= self.run

    @property
    def conditions(self) -> Sequence[Mapping[str, Any]]:
        """The conditions as the API server shows them."""
        conditions: Sequence[Mapping[str, Any]] = self.status.get("conditions") or ()
        return conditions

    @property
    def selector(self) -> str:
        """Selects all Tasks and pods of this job, and of no other of the same name."""
        return f"{labels.JOB_UID}={self.uid}"

    def started(self) -> float | None:
        """When the first task of the run started."""
        return seconds(self.status.get("startTime"))

    def completed(self) -> float | None:
        """When the run ended."""
        return seconds(self.status.get("completionTime"))
