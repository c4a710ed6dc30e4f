"""Job: one run of a graph of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fairlead.api.constants import MAX_JOB_NAME, MAX_JOB_TASKS
from fairlead.api.meta import Condition, Resource
from fairlead.api.model import Model, defaulted, listed_by, rule, rules, unchanged
from fairlead.api.states import FINAL_JOB_WORDS, JobStateText
from fairlead.api.values import (
    FailurePolicy,
    FairleadId,
    FreeObject,
    Identifier,
    JobDependencies,
    JsonText,
    Labels,
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
from fairlead.core.states import JobState

Desired = Literal["Running", "Suspended", "Cancelled"]
Reuse = Literal["Never", "WithinJob", "AcrossJobs"]
Isolation = Literal["Shared", "Sidecar"]
Style = Literal["Job", "Workflow", "Session", "Run"]


class JobTask(Model):
    """One task of a Job's graph."""

    model_config = rules(
        rule(
            "[has(self.input), has(self.inputJSON), has(self.inputRef)].filter(x, x).size() <= 1",
            "give one of input, inputJSON and inputRef, not several",
        ),
        rule(
            "!has(self.dependsOn) || !(self.name in self.dependsOn)",
            "a task cannot depend on itself",
        ),
    )

    name: TaskKey
    """What the task is called within the job; others depend on it by this name."""
    identifier: Identifier
    """Which task definition is to run, as a Release publishes it."""
    version: VersionText = defaulted("v0.0")
    """Its version; a Release with this one or a later minor version runs it."""
    input: FreeObject | None = None
    """The task's input by field name. Here 1.0 becomes 1, and integers beyond 2^53 may lose
    digits, because this is structured data; inputJSON has no such losses."""
    input_json: JsonText | None = None
    """The task's input as JSON text, instead of input."""
    input_ref: StoredValue | None = None
    """The input, where it is too large for this object."""
    input_from: References | None = None
    """The places in the input that are filled with results of other tasks of this job, which
    the task then depends on."""
    depends_on: JobDependencies | None = None
    """The names of the tasks that must have ended well before this one starts."""
    machine_size: ObjectName | None = None
    """The MachineSize to run on, for example small, medium or large."""
    retry: Retry | None = None
    """How often and when the task is tried again. Without it, never."""
    failure_policy: FailurePolicy = defaulted("Fail")
    """What its failure means. Fail: the job fails. Ignore: the job goes on without it."""
    timeout_seconds: PositiveSeconds | None = None
    """How long one attempt may take."""
    queue_timeout_seconds: PositiveSeconds | None = None
    """How long the task may wait for a runner, from when it could have started."""
    grace_seconds: Seconds | None = None
    """How long the task is given to end by itself once it was asked to stop. 30 if not set."""
    display: Annotated[str, Field(max_length=256)] | None = None
    """What people see instead of the identifier."""
    id: FairleadId | None = None
    """The task's id in the SDK and the command line; made from the job's if it is not set."""
    title: Annotated[str, Field(max_length=253)] | None = None
    """The task's name as its author wrote it, where it cannot be a name here."""


class Closed(Model):
    """Says that no more tasks are added to a session."""

    tasks: Annotated[int, Field(ge=0, le=50_000)]
    """How many tasks were added; the job is not complete before all of them were seen."""


class Lineage(Model):
    """The job that this one was made from."""

    job: Annotated[str, Field(min_length=1, max_length=253)]
    """Name of the earlier job."""
    uid: Uid
    """Its unique id."""
    kind: Literal["Clone", "Rerun", "Fork"]
    """How it was made."""
    from_task: TaskKey | None = None
    """The task from which on everything runs again; what comes before it is reused."""


IMMUTABLE = (
    "tasks",
    "id",
    "title",
    "style",
    "maxParallel",
    "priority",
    "deadlineSeconds",
    "ttlSecondsAfterFinished",
    "metadata",
    "machineSize",
    "machineGroup",
    "release",
    "serviceAccountName",
    "reuse",
    "reuseSeconds",
    "isolation",
    "traceparent",
    "lineage",
)
"""The fields of a Job's spec that stay as they were submitted: all but desired, run, closed."""


def _immutable(name: str) -> dict[str, object]:
    return rule(
        unchanged(name),
        f"spec.{name} cannot be changed; submit another Job",
        reason="FieldValueForbidden",
        fieldPath=f".{name}",
    )


class JobSpec(Model):
    """What is to run, and what is wanted of it now. Only desired, run and closed may change."""

    model_config = rules(
        *(_immutable(name) for name in IMMUTABLE),
        rule(
            "self.run == oldSelf.run || self.run == oldSelf.run + 1",
            "spec.run can only be raised by one, which runs again what did not succeed",
            reason="FieldValueForbidden",
            fieldPath=".run",
        ),
        rule(
            "oldSelf.desired != 'Cancelled' || self.desired == 'Cancelled'"
            " || self.run == oldSelf.run + 1",
            "a cancelled job stays cancelled; raise spec.run by one with desired: Running to retry",
            reason="FieldValueForbidden",
            fieldPath=".desired",
        ),
        rule(
            "self.run == oldSelf.run || self.desired != 'Cancelled'",
            "a retry needs desired: Running or Suspended",
        ),
        rule(
            "!has(oldSelf.closed) || (has(self.closed) && self.closed == oldSelf.closed)",
            "spec.closed cannot be changed once it is set",
            reason="FieldValueForbidden",
            fieldPath=".closed",
        ),
        rule(
            "!has(self.tasks) || !has(self.closed)",
            "spec.closed is for sessions, which have no spec.tasks",
        ),
    )

    tasks: (
        Annotated[list[JobTask], Field(min_length=1, max_length=MAX_JOB_TASKS), listed_by("name")]
        | None
    ) = None
    """The tasks, as a graph by name. A Job without is a session: an open job, to which tasks
    are added until spec.closed says that all are there."""
    desired: Desired = defaulted("Running")
    """What is wanted: Running, Suspended (nothing new starts) or Cancelled."""
    run: Annotated[int, Field(ge=1, le=1_000_000)] = defaulted(1)
    """The number of the run. Raising it by one retries what did not succeed."""
    closed: Closed | None = None
    """Set on a session when no more tasks will be added."""
    id: FairleadId | None = None
    """The job's id in the SDK and the command line."""
    title: Annotated[str, Field(max_length=253)] | None = None
    """The job's name as its author wrote it, where it cannot be an object's name."""
    style: Style | None = None
    """How the SDK made the job."""
    max_parallel: (
        Annotated[
            dict[str, Annotated[int, Field(ge=1, le=100_000)]], Field(max_length=MAX_JOB_TASKS)
        ]
        | None
    ) = None
    """By identifier, how many of its tasks may run at the same time in this job. Where a Release
    says fewer, that holds."""
    priority: Annotated[int, Field(ge=-1000, le=1000)] = defaulted(0)
    """Of the jobs of a namespace those of higher priority get free runners first."""
    deadline_seconds: PositiveSeconds | None = None
    """How long after its start the job is cancelled."""
    ttl_seconds_after_finished: Seconds | None = None
    """How long after its end the job and its tasks are removed."""
    metadata: Labels | None = None
    """Whatever else its author wants to remember about the job."""
    machine_size: ObjectName | None = None
    """The MachineSize of the tasks that name none."""
    machine_group: ObjectName | None = None
    """The MachineGroup whose reserved runners do the work."""
    release: ObjectName | None = None
    """The Release that runs the tasks; else any that publishes their identifiers."""
    service_account_name: ObjectName | None = None
    """The service account of the runners. It must be labelled fairlead.dev/runner=true."""
    reuse: Reuse = defaulted("WithinJob")
    """Which tasks may share a runner, one after the other: none, those of this job, or those of
    other jobs as well."""
    reuse_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """How long an idle runner waits for the next task. 10 if not set."""
    isolation: Isolation = defaulted("Shared")
    """Shared: the task's code could use its runner's token. Sidecar: it cannot reach it."""
    traceparent: Annotated[str, Field(max_length=128)] | None = None
    """The trace that the job is part of, as W3C Trace Context writes it."""
    lineage: Lineage | None = None
    """The job that this one was made from."""


Count = Annotated[int, Field(ge=0)]


class Counts(Model):
    """How many tasks of the job are in each state."""

    total: Count = 0
    """All that are known."""
    queued: Count = 0
    """Those that wait."""
    running: Count = 0
    """Those that run."""
    computed: Count = 0
    """Those that wait for their subtasks."""
    completed: Count = 0
    """Those that ended well."""
    failed: Count = 0
    """Those that failed."""
    failed_optional: Count = 0
    """Those that failed without harm to the job."""
    skipped: Count = 0
    """Those that were not needed any more."""
    cancelled: Count = 0
    """Those that were cancelled."""


class JobFailure(Model):
    """The first failure, because of which the job failed."""

    task: Annotated[str, Field(max_length=253)]
    """Name of the Task."""
    identifier: Annotated[str, Field(max_length=256)]
    """What it was to run."""
    kind: Annotated[str, Field(max_length=64)]
    """How its last attempt ended, for example Error or OutOfMemory."""
    type: Annotated[str, Field(max_length=256)] = ""
    """The class of the exception."""
    message: Annotated[str, Field(max_length=4096)] = ""
    """Its message."""


class JobStatus(Model):
    """What was seen of the job last. The operator alone writes it."""

    state: JobStateText = JobState.QUEUED
    """Where the present run is in its life."""
    reason: Annotated[str, Field(max_length=256)] | None = None
    """Why, in one word: Failing and Cancelling while a run comes to its end."""
    observed_generation: Count | None = None
    """The generation of the spec that this was concluded from."""
    run: Annotated[int, Field(ge=0)] | None = None
    """The run that this is about."""
    progress: Annotated[str, Field(max_length=64)] | None = None
    """How many tasks have ended, of how many known ones: 41/128."""
    tasks: Counts | None = None
    """The numbers of tasks by state."""
    start_time: datetime | None = None
    """When the first task of this run started."""
    completion_time: datetime | None = None
    """When this run ended, in whatever way."""
    failure: JobFailure | None = None
    """The first failure."""
    conditions: Annotated[list[Condition], Field(max_length=16), listed_by("type")] | None = None
    """Succeeded (the summary), Complete, Failed, Suspended, and Finished, which is True on every
    end: wait for that one. Hindered is True while the operator cannot go on with the job."""


class Job(Resource):
    """One run of a graph of tasks. As `kubectl get jobs` means those of batch/v1, write
    `kubectl get jobs.fairlead.dev`, or `fljob` for short."""

    KIND: ClassVar[str] = "Job"
    model_config = rules(
        rule(
            f"size(self.metadata.name) <= {MAX_JOB_NAME}",
            f"the name of a Job has at most {MAX_JOB_NAME} characters, because the names of its"
            " tasks and pods begin with it",
        ),
        rule(
            f"!(oldSelf.status.state in {FINAL_JOB_WORDS})"
            " || self.status.state == oldSelf.status.state"
            " || self.status.?run.orValue(0) > oldSelf.status.?run.orValue(0)",
            "what a run ended with cannot be changed; only the next run has another state",
            reason="FieldValueForbidden",
            fieldPath=".status.state",
        ),
    )

    kind: Literal["Job"] = "Job"
    spec: JobSpec
    status: JobStatus = Field(default_factory=JobStatus)
