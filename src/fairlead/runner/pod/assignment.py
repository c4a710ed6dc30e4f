"""A Task as the pod that holds it sees it, and whether the pod still does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.api import labels
from fairlead.api.words import TASK_STATES, camel
from fairlead.core.states import FINAL_TASK_STATES, TaskState

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Family:
    """The Tasks that one attempt has made, or the top level of a job.

    Attributes
    ----------
    job
        The job's name.
    parent_uid, attempt
        Whose attempt; the Job's and 0 at the top level.
    run
        The job's run in which its members are looked for first.
    """

    job: str
    parent_uid: str
    attempt: int
    run: int

    @property
    def label(self) -> str:
        """The value of the label that its members share."""
        return labels.parent_attempt(self.parent_uid, self.attempt)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One attempt of a Task, given to this pod.

    Attributes
    ----------
    name, uid, attempt
        The Task's, and the attempt's number.
    spec
        The Task's spec.
    is_begun
        Whether the Task says that it is running already: the operator says so where it knows
        the runner to be ready.
    stop
        What the operator has asked for already: Stop, Cancel, Timeout or nothing.
    resource_version
        The version of the Task in which this was read.
    """

    name: str
    uid: str
    attempt: int
    spec: Mapping[str, Any]
    is_begun: bool
    stop: str | None = None
    resource_version: str = ""

    @property
    def task_id(self) -> str:
        """The task's id for people; its unique id where it has none."""
        return str(self.spec.get("id") or self.uid)

    @property
    def job_uid(self) -> str:
        """The unique id of its Job."""
        return str(self.spec["jobUID"])

    @property
    def siblings(self) -> Family:
        """The Tasks among which it was made."""
        spec = self.spec
        parent = spec.get("parent")
        uid, attempt = (parent["uid"], parent["attempt"]) if parent else (spec["jobUID"], 0)
        return Family(spec["jobName"], uid, attempt, spec["run"])

    @property
    def own_children(self) -> Family:
        """The Tasks that this attempt makes."""
        return Family(self.spec["jobName"], self.uid, self.attempt, self.spec["run"])


def selects_assigned(pod: str) -> str:
    """Return the field selector of the Tasks that a pod may execute.

    Those that it has executed still bear its name; a runner kept for long has many.
    """
    executable = TaskState.QUEUED, TaskState.RUNNING
    over = [f"status.state!={camel(state)}" for state in TaskState if state not in executable]
    return ",".join([f"status.podName={pod}", *over])


def assigned(task: Object, pod: str) -> Assignment | None:
    """Return the attempt that a Task gives to a pod, unless there is none or it has ended."""
    status = task.get("status") or {}
    attempt = status.get("attempt") or 0
    if status.get("podName") != pod or not attempt or "outcome" in status:
        return None
    if task["metadata"].get("deletionTimestamp") or _is_final(status):
        return None
    metadata = task["metadata"]
    is_begun = status.get("state") == "Running"
    return Assignment(
        metadata["name"],
        metadata["uid"],
        attempt,
        task["spec"],
        is_begun,
        status.get("stop"),
        metadata["resourceVersion"],
    )


def is_held(task: Object, pod: str, assignment: Assignment) -> bool:
    """Return whether a Task is still the pod's to report on, in that attempt."""
    status = task.get("status") or {}
    return (
        task["metadata"]["uid"] == assignment.uid
        and status.get("podName") == pod
        and status.get("attempt") == assignment.attempt
        and not _is_final(status)
    )


def reported(task: Object, pod_uid: str, assignment: Assignment) -> bool:
    """Return whether a Task holds this pod's outcome of that attempt."""
    status = task.get("status") or {}
    outcome = status.get("outcome") or {}
    return (
        task["metadata"]["uid"] == assignment.uid
        and outcome.get("podUID") == pod_uid
        and outcome.get("attempt") == assignment.attempt
    )


def _is_final(status: Mapping[str, Any]) -> bool:
    return TASK_STATES.get(status.get("state", "Queued")) in FINAL_TASK_STATES
