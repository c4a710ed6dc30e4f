"""Task: one node of a job's tree.

The spec never changes.  The status has two authors: the operator decides (attempt,
podName, size, notBefore, stop, conditions, counters), the runner that holds the task
reports (startTime, progress, display, outcome, result, children).  Admission policies keep
them apart, see ``fairlead_operator.manifests.fence``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fairlead.api.constants import MAX_BYTES, MAX_CHILDREN, MAX_MILLISECONDS, MAX_TASK_NAME
from fairlead.api.meta import Condition, Resource
from fairlead.api.model import Model, at_once, listed_by, rule, rules, unchanged
from fairlead.api.states import FINAL_TASK_WORDS, OutcomeText, TaskStateText, camel
from fairlead.api.values import (
    Dependency,
    FailurePolicy,
    FairleadId,
    Identifier,
    JsonText,
    ObjectName,
    PositiveSeconds,
    References,
    Retry,
    Seconds,
    StoredValue,
    TaskKey,
    Uid,
    VersionText,
)
from fairlead.core.states import TASK_TRANSITIONS, TaskState

MAX_DEPTH = 10_000
"""The deepest tree that can be written down; the operator's limit is below it."""

MAX_ATTEMPTS_SHOWN = 20
"""How many ended attempts a Task remembers; the platform's and a usual retry limit fit in."""

Attempt = Annotated[int, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(max_length=1024)]
PodName = Annotated[str, Field(max_length=63)]


class Parent(Model):
    """The Task whose attempt made this one."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_TASK_NAME)]
    """Its name."""
    uid: Uid
    """Its unique id."""
    attempt: Annotated[int, Field(ge=1, le=1_000_000)]
    """The attempt that made this one; if another attempt is committed, this Task never runs."""


class Creator(Model):
    """The pod that wrote this Task; checked against the writer's token."""

    pod_uid: Uid
    """Its unique id."""
    pod_name: PodName | None = None
    """Its name."""


class TaskSpec(Model):
    """What is to run. It never changes."""

    model_config = rules(
        rule("self == oldSelf", "the spec of a Task cannot be changed"),
        rule("!(has(self.input) && has(self.inputRef))", "give input or inputRef, but not both"),
    )

    job_name: Annotated[str, Field(min_length=1, max_length=52)]
    """The Job it belongs to."""
    job_uid: Uid
    """The unique id of that Job; one that was deleted and made anew is another."""
    run: Annotated[int, Field(ge=1, le=1_000_000)]
    """The job's run for which it was made."""
    key: TaskKey
    """What the task is called among its siblings; stays the same over attempts and runs."""
    id: FairleadId | None = None
    """The task's id in the SDK and the command line."""
    title: Annotated[str, Field(max_length=253)] | None = None
    """The task's name as its author wrote it."""
    parent: Parent | None = None
    """The Task whose attempt made this one; none at the top level of the job."""
    depth: Annotated[int, Field(ge=0, le=MAX_DEPTH)] | None = None
    """How far below the top level of the job it is. 0 if not set."""
    creator: Creator | None = None
    """The pod that wrote this Task, if it was a pod."""
    identifier: Identifier
    """Which task definition is to run."""
    version: VersionText
    """Its version as submitted."""
    release: ObjectName | None = None
    """The only Release that may run it; else any that publishes the identifier."""
    input: JsonText | None = None
    """The input as JSON text."""
    input_ref: StoredValue | None = None
    """The input, where it is too large for this object."""
    input_from: References | None = None
    """The places in the input that are filled with results of siblings."""
    depends_on: Annotated[list[Dependency], Field(max_length=1000), at_once()] | None = None
    """The keys of the siblings that must have ended well before. 0:10000 stands for the keys 0 to
    9999, so that a task after 10,000 others stays small."""
    retry: Retry | None = None
    """How often and when it is tried again. Without it, never."""
    failure_policy: FailurePolicy = "Fail"
    """What its failure means. Fail (the default): the job fails. Ignore: the job goes on."""
    machine_size: ObjectName | None = None
    """The MachineSize that was asked for."""
    machine_group: ObjectName | None = None
    """The MachineGroup whose runners do the work."""
    max_parallel: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many tasks of this identifier may run at the same time in the job."""
    timeout_seconds: PositiveSeconds | None = None
    """How long one attempt may take."""
    queue_timeout_seconds: PositiveSeconds | None = None
    """How long it may wait for a runner, from when it could have started."""
    grace_seconds: Seconds | None = None
    """How long it is given to end by itself once it was asked to stop. 30 if not set."""
    display: Annotated[str, Field(max_length=256)] | None = None
    """What people see instead of the identifier until the task says otherwise."""
    traceparent: Annotated[str, Field(max_length=128)] | None = None
    """The span that the task was submitted in."""


class ProgressDetail(Model):
    """How far one labelled piece of work is."""

    label: Annotated[str, Field(max_length=128)] = ""
    """What is being done."""
    done: Annotated[int, Field(ge=0)] = 0
    """How much of it is done."""
    total: Annotated[int, Field(ge=0)] = 0
    """How much there is."""


class Usage(Model):
    """What an attempt took, as its runner measured it."""

    wall_milliseconds: Annotated[int, Field(ge=0, le=MAX_MILLISECONDS)]
    """From when its code began to when it had ended."""
    cpu_milliseconds: Annotated[int, Field(ge=0, le=MAX_MILLISECONDS)] = 0
    """CPU time, user and system, of its process and of all that this one has waited for."""
    peak_memory_bytes: Annotated[int, Field(ge=0, le=MAX_BYTES)] = 0
    """The most memory it had at once, as far as that was seen: of its largest process, or of the
    whole pod where its control group was looked at meanwhile. 0 where nobody can tell."""


class Outcome(Model):
    """How the attempt ended, as its runner reports it: once, in its last write."""

    kind: OutcomeText
    """How it ended."""
    attempt: Annotated[int, Field(ge=1, le=1_000_000)]
    """Which attempt ended."""
    pod_uid: Annotated[str, Field(max_length=64)] = Field(min_length=1)
    """The unique id of the pod that reports; checked against its token."""
    time: datetime
    """When it ended."""
    version: Annotated[str, Field(max_length=24)] = ""
    """The version of the definition that ran."""
    type: Annotated[str, Field(max_length=256)] = ""
    """The class of the exception."""
    module: Annotated[str, Field(max_length=256)] = ""
    """The module of that class; nothing is ever imported because of it."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """The message of the exception."""
    arguments: Annotated[str, Field(max_length=4096)] | None = None
    """The arguments of the exception as a JSON list, where they are JSON."""
    traceback: Annotated[str, Field(max_length=16384)] = ""
    """Where it was raised."""
    usage: Usage | None = None
    """What the attempt took; none where its code never began."""


class AttemptRecord(Model):
    """One ended attempt."""

    attempt: Annotated[int, Field(ge=1, le=1_000_000)]
    """Its number."""
    kind: OutcomeText
    """How it ended."""
    pod_name: PodName = ""
    """The pod that held it."""
    version: Annotated[str, Field(max_length=24)] = ""
    """The version of the definition that ran."""
    size: Annotated[str, Field(max_length=63)] = ""
    """The MachineSize it ran on."""
    start_time: datetime | None = None
    """When it started."""
    end_time: datetime | None = None
    """When it ended."""
    message: Annotated[str, Field(max_length=512)] = ""
    """Why, in a line."""
    type: Annotated[str, Field(max_length=256)] = ""
    """The class of the exception."""
    module: Annotated[str, Field(max_length=256)] = ""
    """The module of that class."""
    traceback: Annotated[str, Field(max_length=2048)] = ""
    """The end of where it was raised."""
    usage: Usage | None = None
    """What it took, as far as that is known."""


FROZEN = (
    "attempt",
    "podName",
    "outcome",
    "result",
    "resultRef",
    "resultFrom",
    "children",
)
"""The fields of the status that do not change any more once the state is final."""

REPORTED = (
    "state",
    "reason",
    "report",
    "startTime",
    "deliveryTime",
    "progress",
    "progressDetails",
    "display",
    "statusText",
    "outcome",
    "result",
    "resultRef",
    "resultFrom",
    "children",
)
"""The fields of the status that the runner which holds the task may write."""


class TaskStatus(Model):
    """What became of the task. The operator and the runner that holds it write it."""

    state: TaskStateText = TaskState.QUEUED
    """Where the task is in its life."""
    reason: Text | None = None
    """Why, in one word or line: Starting while its runner comes up."""
    attempt: Attempt | None = None
    """The number of the latest attempt."""
    pod_name: PodName | None = None
    """The pod that holds, or held, that attempt. Together they are the fence: nobody else's
    report counts."""
    size: Annotated[str, Field(max_length=63)] | None = None
    """The MachineSize of the attempt; it grows after running out of memory."""
    release: Annotated[str, Field(max_length=63)] | None = None
    """The Release that the attempt runs from."""
    not_before: datetime | None = None
    """When the pause before the next attempt ends."""
    stop: Literal["Stop", "Cancel", "Timeout"] | None = None
    """That the attempt is to end. Stop: by itself. Cancel: or else by force. Timeout: by force."""
    user_failures: Attempt | None = None
    """How many attempts the task itself has failed; these count against retry.limit."""
    platform_failures: Attempt | None = None
    """How many attempts were lost to the platform; these have a limit of their own."""
    assign_time: datetime | None = None
    """When the attempt was given to its pod."""
    end_time: datetime | None = None
    """When the task became final."""
    attempts: (
        Annotated[list[AttemptRecord], Field(max_length=MAX_ATTEMPTS_SHOWN), at_once()] | None
    ) = None
    """The latest ended attempts."""
    conditions: Annotated[list[Condition], Field(max_length=16), listed_by("type")] | None = None
    """Runnable says why a task does not start."""
    report: Annotated[str, Field(max_length=24, pattern=r"^[1-9][0-9]*\.[1-9][0-9]*$")] | None = (
        None
    )
    """The runner's latest write, as attempt.number. Every write of a runner raises the number, so
    that a late one changes nothing."""
    start_time: datetime | None = None
    """When the task's code started."""
    delivery_time: datetime | None = None
    """When the runner last said that the task's code has ended and that it is recording what the
    attempt has made. Only there while that takes long; the attempt is not out of time then."""
    progress: Annotated[str, Field(max_length=64)] | None = None
    """How far it is: 3/10."""
    progress_details: Annotated[list[ProgressDetail], Field(max_length=32), at_once()] | None = None
    """How far each labelled piece of work is."""
    display: Annotated[str, Field(max_length=256)] | None = None
    """What people see instead of the identifier."""
    status_text: Text | None = None
    """What the task says it is doing."""
    outcome: Outcome | None = None
    """How the attempt ended."""
    result: JsonText | None = None
    """What the task returned, as JSON text."""
    result_ref: StoredValue | None = None
    """What the task returned, where it is too large for this object."""
    result_from: References | None = None
    """The places in the result that stand for results of the task's own subtasks."""
    children: Annotated[int, Field(ge=0, le=MAX_CHILDREN)] | None = None
    """How many subtasks the attempt has committed."""


def _after(state: TaskState) -> str:
    return str([camel(state), *sorted(camel(after) for after in TASK_TRANSITIONS[state])])


def _transitions() -> str:
    """Return a CEL map from each state to those a task may be in after a write."""
    return "{" + ", ".join(f"'{camel(s)}': {_after(s)}" for s in TASK_TRANSITIONS) + "}"


_frozen = " && ".join(f"({unchanged('status', name)})" for name in FROZEN)


class Task(Resource):
    """One node of a job's tree: what was submitted, and what became of it."""

    KIND: ClassVar[str] = "Task"
    # The rules on the status stand at the root: one on the status itself is not asked when
    # somebody sets the status to null.
    model_config = rules(
        rule(
            f"size(self.metadata.name) <= {MAX_TASK_NAME}",
            f"the name of a Task has at most {MAX_TASK_NAME} characters",
        ),
        rule(
            f"self.status.state in {_transitions()}[oldSelf.status.state]",
            "a task cannot change its state like that; final states are final",
            reason="FieldValueForbidden",
            fieldPath=".status.state",
        ),
        rule(
            f"!(oldSelf.status.state in {FINAL_TASK_WORDS}) || ({_frozen})",
            "what a task ended with cannot be changed",
            reason="FieldValueForbidden",
            fieldPath=".status",
        ),
        rule(
            "self.status.?attempt.orValue(0) >= oldSelf.status.?attempt.orValue(0)",
            "status.attempt only grows",
            reason="FieldValueForbidden",
            fieldPath=".status.attempt",
        ),
    )

    kind: Literal["Task"] = "Task"
    spec: TaskSpec
    status: TaskStatus = Field(default_factory=TaskStatus)
