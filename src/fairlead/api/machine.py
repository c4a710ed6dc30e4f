"""MachineSize and MachineGroup: where tasks run, and how many at a time."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fairlead.api.meta import Condition, Resource
from fairlead.api.model import Model, at_once, defaulted, listed_by, rule, rules, unchanged
from fairlead.api.values import FreeObject, Labels, ObjectName, Quantity, Seconds

MAX_RUNNERS = 100_000
Runners = Annotated[int, Field(ge=0, le=MAX_RUNNERS)]
Amounts = Annotated[dict[str, Quantity], Field(max_length=16)]


class Resources(Model):
    """What a runner's container asks for and may use."""

    model_config = rules(
        rule(
            "!has(self.requests) || !has(self.limits) || self.requests.all(name,"
            " !(name in self.limits)"
            " || quantity(string(self.requests[name]))"
            ".compareTo(quantity(string(self.limits[name]))) <= 0)",
            "a request may not be above its limit",
        )
    )

    requests: Amounts | None = None
    """What a node must have free."""
    limits: Amounts | None = None
    """What a task may use; beyond its memory it is ended as OutOfMemory."""


class Toleration(Model):
    """A taint of nodes that the runners tolerate, as pods have it."""

    key: Annotated[str, Field(max_length=316)] | None = None
    """The taint's key; any, if it is not set."""
    operator: Literal["Exists", "Equal"] | None = None
    """Equal if it is not set."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; any, if it is not set."""
    toleration_seconds: Annotated[int, Field(ge=0)] | None = None
    """For how long a taint of effect NoExecute is tolerated; for ever, if it is not set."""


class MachineSizeSpec(Model):
    """What runners of this size are. A change holds for the next ones."""

    resources: Resources | None = None
    """What they ask for and may use."""
    node_selector: Labels | None = None
    """The labels of the nodes they run on."""
    tolerations: Annotated[list[Toleration], Field(max_length=32), at_once()] | None = None
    """The taints of nodes that they tolerate."""
    priority_class_name: ObjectName | None = None
    """The PriorityClass of their pods."""
    runtime_class_name: ObjectName | None = None
    """The RuntimeClass of their pods."""
    provisioning: Literal["Standard", "Spot"] = defaulted("Standard")
    """Spot: the nodes may be taken away at any time; that costs a task none of its retries."""
    max_runners: Runners | None = None
    """How many may run at the same time in all jobs; no limit if it is not set."""
    grows_to: ObjectName | None = None
    """The MachineSize for the next attempt of a task that ran out of memory on this one."""
    start_timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    """How long a runner may take to start before its attempt counts as never started, and how long
    it may then take to load its Release."""
    node_lost_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    """How long after a lost node's pod was to be deleted the task starts elsewhere. 60 if not
    set."""
    pod_patch: FreeObject | None = None
    """A strategic merge patch over the runners' pods, for what has no field of its own."""


class MachineSizeStatus(Model):
    """What was seen of the size. The operator alone writes it."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this was concluded from."""
    running: Annotated[int, Field(ge=0)] | None = None
    """How many runners there are now."""
    waiting: Annotated[int, Field(ge=0)] | None = None
    """How many jobs wait for one."""
    conditions: Annotated[list[Condition], Field(max_length=16), listed_by("type")] | None = None
    """Ready, or why not."""


class MachineSize(Resource):
    """What tasks call by a name such as small: resources, nodes and a number of runners."""

    KIND: ClassVar[str] = "MachineSize"
    model_config = rules(
        rule(
            "size(self.metadata.name) <= 63", "the name of a MachineSize has at most 63 characters"
        ),
    )

    kind: Literal["MachineSize"] = "MachineSize"
    spec: MachineSizeSpec
    status: MachineSizeStatus | None = None


class MachineGroupSpec(Model):
    """How many runners are kept ready, of which size."""

    model_config = rules(
        rule("self.size == oldSelf.size", "spec.size cannot be changed; make another group"),
        rule(unchanged("release"), "spec.release cannot be changed"),
        rule(
            unchanged("serviceAccountName"),
            "spec.serviceAccountName cannot be changed",
        ),
        rule(
            "!has(self.minMachines) || self.minMachines <= self.maxMachines",
            "minMachines may not be above maxMachines",
        ),
        rule(
            "oldSelf.desired != 'Terminated' || self.desired == 'Terminated'",
            "a terminated group stays terminated; make another one",
            reason="FieldValueForbidden",
        ),
    )

    size: ObjectName
    """The MachineSize of the runners."""
    max_machines: Annotated[int, Field(ge=1, le=10_000)] = defaulted(1)
    """The most runners the group may have."""
    min_machines: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """How many runners it has even when idle. 0 if not set."""
    desired: Literal["Running", "Terminated"] = defaulted("Running")
    """Terminated is for good: a run on a terminated group is an error."""
    idle_seconds: Seconds | None = None
    """How long a runner above the minimum waits for the next task. 300 if not set."""
    terminate_after_seconds: Annotated[int, Field(ge=1)] | None = None
    """How long after its last task the whole group terminates itself; never if not set."""
    provisioning: Literal["Standard", "Spot"] | None = None
    """Spot: only on nodes that may be taken away; as the size says, if it is not set."""
    release: ObjectName | None = None
    """The Release that the runners load; else that of their first task."""
    service_account_name: ObjectName | None = None
    """The service account of the runners. It must be labelled fairlead.dev/runner=true."""


class MachineGroupStatus(Model):
    """What was seen of the group. The operator alone writes it."""

    state: Literal["Starting", "Running", "Terminating", "Terminated"] = "Starting"
    """Where the group is in its life."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this was concluded from."""
    running: Annotated[int, Field(ge=0)] | None = None
    """How many runners it has."""
    idle: Annotated[int, Field(ge=0)] | None = None
    """How many of them wait for a task."""
    conditions: Annotated[list[Condition], Field(max_length=16), listed_by("type")] | None = None
    """Ready, or why not."""


class MachineGroup(Resource):
    """Runners of one size that somebody keeps ready for their own tasks."""

    KIND: ClassVar[str] = "MachineGroup"
    model_config = rules(
        rule(
            "size(self.metadata.name) <= 52",
            "the name of a MachineGroup has at most 52 characters, because the names of its pods"
            " begin with it",
        ),
    )

    kind: Literal["MachineGroup"] = "MachineGroup"
    spec: MachineGroupSpec
    status: MachineGroupStatus = Field(default_factory=MachineGroupStatus)
