"""What is kept of a Task: all that decides about it, and neither its input nor its result.

The facts never change, so that a Task that is seen again shares those of the first time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any

from fairlead.api import labels
from fairlead.api.times import seconds
from fairlead.api.words import OUTCOMES, TASK_STATES
from fairlead.core.node import TaskPolicy
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import TaskState
from fairlead_operator.jobs.options import DEFAULT_GRACE, policy_of

SHORT = 512
"""How many characters of an exception's message are kept."""

TRACEBACK = 2048
"""How many characters from the end of a failure's traceback are kept, until they are recorded."""

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What a Task was made with.

    ``run`` is the job's run that it was made for; ``parent_uid`` and ``parent_attempt``
    name what made it: the Job and 0 at the top level.  ``creator_uid`` is the pod that
    wrote it, empty if no pod did.  ``created`` is in seconds since the epoch.
    """

    name: str
    uid: str
    job_uid: str
    run: int
    key: str
    id: str
    parent_uid: str
    parent_attempt: int
    parent_name: str
    creator_uid: str
    created: float
    identifier: str
    version: str
    release: str
    size: str
    group: str
    depends_on: tuple[str, ...]
    policy: TaskPolicy
    timeout: int | None
    grace: int

    @property
    def is_top(self) -> bool:
        """Whether it is at the top level of its job."""
        return not self.parent_name

    @property
    def siblings(self) -> str:
        """What it has in common with those that were made by the same attempt."""
        return labels.parent_attempt(self.parent_uid, self.parent_attempt)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, as its runner reported it.

    ``usage`` is kept of failures only, to be remembered with them.
    """

    kind: OutcomeKind
    attempt: int
    pod_uid: str
    time: float | None
    version: str
    type: str
    message: str
    module: str = ""
    traceback: str = ""
    usage: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A Task as it was seen last.

    Times are seconds since the epoch.  ``attempts`` and ``conditions`` are as the API
    server shows them, because they are only ever written back with something added.
    ``delivery`` is when the runner, by its own clock, said that it was recording what its
    attempt has made.
    """

    facts: TaskFacts
    resource_version: int
    deleted: bool
    desired: str
    state: TaskState
    reason: str | None
    attempt: int
    pod_name: str
    size: str
    release: str
    not_before: float | None
    stop: str
    user_failures: int
    platform_failures: int
    assigned: float | None
    started: float | None
    outcome: Outcome | None
    children: int
    delivery: float | None
    attempts: Sequence[Mapping[str, Any]]
    conditions: Sequence[Mapping[str, Any]]

    @classmethod
    def parse(cls, raw: Mapping[str, Any], before: TaskRecord | None = None) -> TaskRecord:
        """Return the record of a Task as the API server shows it.

        ``before``, an earlier record of the same name, lends its facts.
        """
        meta: Mapping[str, Any] = raw["metadata"]
        status: Mapping[str, Any] = raw.get("status") or _NONE
        if before is not None and before.facts.uid == meta["uid"]:
            facts = before.facts
        else:
            facts = _facts(meta, raw["spec"])
        desired = (meta.get("annotations") or _NONE).get(labels.DESIRED, "")
        outcome = status.get("outcome")
        return cls(
            facts,
            int(meta.get("resourceVersion") or 0),
            "deletionTimestamp" in meta,
            intern(desired),
            TASK_STATES[status.get("state", "Queued")],
            status.get("reason"),
            status.get("attempt", 0),
            status.get("podName") or "",
            intern(status.get("size") or ""),
            intern(status.get("release") or ""),
            seconds(status.get("notBefore")),
            intern(status.get("stop") or ""),
            status.get("userFailures", 0),
            status.get("platformFailures", 0),
            seconds(status.get("assignTime")),
            seconds(status.get("startTime")),
            None if outcome is None else _outcome(outcome),
            status.get("children", 0),
            seconds(status.get("deliveryTime")),
            status.get("attempts") or (),
            status.get("conditions") or (),
        )

    @property
    def name(self) -> str:
        """The Task's name, which is its key in the graph."""
        return self.facts.name

    @property
    def held(self) -> bool:
        """Whether an attempt holds a runner, or waits for the one that was made for it."""
        if self.state is TaskState.QUEUED:
            return bool(self.pod_name)
        return self.state is TaskState.RUNNING

    @property
    def starting(self) -> bool:
        """Whether its runner has not said yet that the task runs."""
        return self.state is TaskState.QUEUED and bool(self.pod_name)

    @property
    def reported(self) -> Outcome | None:
        """How the present attempt ended, if that was reported."""
        outcome = self.outcome
        return outcome if outcome is not None and outcome.attempt == self.attempt else None


def _facts(meta: Mapping[str, Any], spec: Mapping[str, Any]) -> TaskFacts:
    parent: Mapping[str, Any] = spec.get("parent") or _NONE
    job_uid = intern(spec["jobUID"])
    return TaskFacts(
        name=meta["name"],
        uid=meta["uid"],
        job_uid=job_uid,
        run=spec["run"],
        key=spec["key"],
        id=spec.get("id") or "",
        parent_uid=intern(parent["uid"]) if parent else job_uid,
        parent_attempt=parent["attempt"] if parent else 0,
        parent_name=intern(parent["name"]) if parent else "",
        creator_uid=intern((spec.get("creator") or _NONE).get("podUID", "")),
        created=seconds(meta.get("creationTimestamp")) or 0.0,
        identifier=intern(spec["identifier"]),
        version=intern(spec["version"]),
        release=intern(spec.get("release") or ""),
        size=intern(spec.get("machineSize") or ""),
        group=intern(spec.get("machineGroup") or ""),
        depends_on=dependencies(spec),
        policy=policy_of(spec),
        timeout=spec.get("timeoutSeconds"),
        grace=spec.get("graceSeconds", DEFAULT_GRACE),
    )


def _outcome(raw: Mapping[str, Any]) -> Outcome:
    kind = OUTCOMES[raw["kind"]]
    return Outcome(
        kind,
        raw["attempt"],
        intern(raw.get("podUID", "")),
        seconds(raw.get("time")),
        intern(raw.get("version") or ""),
        intern(raw.get("type") or ""),
        (raw.get("message") or "")[:SHORT],
        raw.get("module") or "",
        (raw.get("traceback") or "")[-TRACEBACK:],
        None if kind is OutcomeKind.SUCCEEDED else raw.get("usage"),
    )


def dependencies(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys it depends on, packed: those it names and those whose results it takes."""
    needs = dict.fromkeys(spec.get("dependsOn") or ())
    for reference in spec.get("inputFrom") or ():
        key, count = reference["task"], reference.get("count", 1)
        packed = key if count == 1 else f"{key}:{int(key) + count}" if key.isdigit() else key
        needs.setdefault(packed)
    return tuple(needs)
