"""What is to be done after something was seen: said here, carried out by a worker.

Orders that change a task's or the job's state are carried out one after the other in the
order given, because what is rebuilt after a crash rests on that.  The others (``free``)
may run beside them; all that concerns one task keeps its order anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from fairlead_operator.jobs.asking import Grant

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PatchTask:
    """Write part of a Task's status, if nothing that matters has changed since it was seen.

    ``many`` says that this is one of several writes whose order does not matter.
    """

    name: str
    status: Body
    many: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class StartTask:
    """Write which pod holds an attempt; only then make that pod, where it is a new one."""

    name: str
    attempt: int
    status: Body
    grant: Grant


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Make the pod of an attempt whose intent is written already; it was refused before."""

    name: str
    attempt: int
    grant: Grant


@dataclass(frozen=True, slots=True)
class DeletePod:
    """End the pod that holds, or held, an attempt of a task."""

    name: str
    pod_name: str


@dataclass(frozen=True, slots=True)
class ReadTask:
    """Read a Task again, because its pod ended and the report may not have been seen yet."""

    name: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ReadPod:
    """Look whether a pod is there that nobody has seen."""

    name: str
    pod_name: str


@dataclass(frozen=True, slots=True)
class ListSiblings:
    """List the subtasks of an attempt from the store itself, because some were not seen."""

    name: str
    attempt: int
    siblings: str


@dataclass(frozen=True, slots=True)
class DeleteSiblings:
    """Remove the subtasks of an attempt that was not committed."""

    siblings: str


@dataclass(frozen=True, slots=True)
class DeleteTask:
    """Remove one subtask that is none of those its parent has committed."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class PatchJob:
    """Write part of the Job's status.  ``free``: only numbers, so that nothing waits for it."""

    status: Body
    free: bool = False


@dataclass(frozen=True, slots=True)
class EmitEvent:
    """Tell people: an event about the Job, or about one of its Tasks."""

    reason: str
    note: str
    warning: bool = False
    task: str = ""
    task_uid: str = ""


Action: TypeAlias = (
    PatchTask
    | StartTask
    | CreatePod
    | DeletePod
    | ReadTask
    | ReadPod
    | ListSiblings
    | DeleteSiblings
    | DeleteTask
    | PatchJob
    | EmitEvent
)
