"""What is kept of a runner's pod: little, for there may be thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairlead.api import labels
from fairlead.api.times import seconds
from fairlead_operator.runners import layout

ENDED = frozenset({"Succeeded", "Failed"})
"""The phases that nothing follows."""


@dataclass(frozen=True, slots=True)
class Container:
    """The state of the runner's container.

    Attributes
    ----------
    waiting
        Why it waits; empty if it does not.
    started
        When it started, if it did.
    exit_code, finished
        What its program ended with, and when; None if it has not ended.
    ended
        In a word how it ended, such as ``OOMKilled``.
    message
        What the cluster says about it.
    image
        Which it waits for, if it waits.
    """

    waiting: str = ""
    started: float | None = None
    exit_code: int | None = None
    finished: float | None = None
    ended: str = ""
    message: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class PodRecord:
    """A runner's pod as it was seen last.

    Attributes
    ----------
    owner_uid
        The unique id of its controller, a Job or a MachineGroup.
    job_uid, group
        The Job whose tasks alone it runs, or the MachineGroup it belongs to; else empty.
    reuse, reuse_seconds, isolation
        As it was ordered.
    deletion
        When it is to be gone, its grace period included; None if nobody deleted it.
    gone
        Whether it was deleted: this is how it was last.
    reason, message
        What the pod's status says of it as a whole.
    unscheduled, unscheduled_message
        Why it has no node; empty if it has one.
    scheduled
        When it got its node.
    disrupted, disrupted_message
        Why the cluster ends it, as its condition DisruptionTarget says; else empty.
    prepared
        Whether its node has given it volumes and a network.
    container
        The container with the agent; None before its node knows the pod.
    task_container
        The container with isolated tasks; None where they are not isolated.
    """

    namespace: str
    name: str
    uid: str
    owner_uid: str = ""
    owner_kind: str = ""
    job: str = ""
    job_uid: str = ""
    group: str = ""
    size: str = ""
    release: str = ""
    account: str = ""
    reuse: str = "WithinJob"
    reuse_seconds: int = 0
    isolation: str = "Shared"
    node: str = ""
    phase: str = "Pending"
    created: float = 0.0
    deletion: float | None = None
    gone: bool = False
    reason: str = ""
    message: str = ""
    unscheduled: str = ""
    unscheduled_message: str = ""
    scheduled: float | None = None
    disrupted: str = ""
    disrupted_message: str = ""
    prepared: bool = False
    container: Container | None = None
    task_container: Container | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name

    @property
    def ended(self) -> bool:
        """Whether no task runs in it any more.

        The container tells it a second before the phase does; where something has put
        further containers into the pod, the phase may never tell.
        """
        return self.gone or self.phase in ENDED or self._container_ended

    @property
    def lingers(self) -> bool:
        """Whether the runner has ended but other containers keep the pod."""
        return self._container_ended and self.phase not in ENDED and not self.gone

    @property
    def _container_ended(self) -> bool:
        # The one with isolated tasks ends first where it is the cause, but may be told of later.
        both = [one for one in (self.container, self.task_container) if one is not None]
        return bool(both) and all(one.exit_code is not None for one in both)

    @property
    def alive(self) -> bool:
        """Whether it may take tasks: it has not ended and nobody ends it."""
        return not self.ended and self.deletion is None and not self.disrupted

    @property
    def started(self) -> bool:
        """Whether its program has started at some time."""
        found = self.container
        if found is None:
            return False
        return found.started is not None and found.ended not in NEVER_RAN


NEVER_RAN = frozenset({"StartError", "ContainerCannotRun", "ContainerStatusUnknown"})
"""How a container ended whose program may never have run, though its status has times."""


def parse_pod(raw: dict[str, Any], *, gone: bool = False) -> PodRecord:
    """Return what is kept of a pod.

    Parameters
    ----------
    raw
        The pod as the API server has it.
    gone
        Whether it was just deleted.
    """
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    marks = metadata.get("annotations") or {}
    owner = _controller(metadata)
    return PodRecord(
        namespace=metadata.get("namespace") or "",
        name=metadata["name"],
        uid=metadata.get("uid") or "",
        owner_uid=owner.get("uid") or "",
        owner_kind=owner.get("kind") or "",
        reuse=marks.get(layout.REUSE, "Never"),
        reuse_seconds=_number(marks.get(layout.REUSE_SECONDS)),
        isolation=marks.get(layout.ISOLATION, "Shared"),
        node=spec.get("nodeName") or "",
        phase=status.get("phase") or "Pending",
        created=seconds(metadata.get("creationTimestamp")) or 0.0,
        deletion=seconds(metadata.get("deletionTimestamp")),
        gone=gone,
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        container=_container(spec, status, layout.CONTAINER),
        task_container=_container(spec, status, layout.TASK_CONTAINER),
        **_labelled(metadata.get("labels") or {}),
        **_conditions(status.get("conditions") or ()),
    )


def _labelled(found: dict[str, str]) -> dict[str, Any]:
    return {
        "job": found.get(labels.JOB, ""),
        "job_uid": found.get(labels.JOB_UID, ""),
        "group": found.get(labels.GROUP, ""),
        "size": found.get(labels.SIZE, ""),
        "release": found.get(labels.RELEASE, ""),
        "account": found.get(labels.ACCOUNT, ""),
    }


def _controller(metadata: dict[str, Any]) -> dict[str, Any]:
    owners = metadata.get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), {})


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _conditions(conditions: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in conditions:
        if one["type"] == "PodScheduled" and one["status"] == "False":
            made["unscheduled"] = one.get("reason") or "Unschedulable"
            made["unscheduled_message"] = one.get("message") or ""
        elif one["type"] == "PodScheduled" and one["status"] == "True":
            made["scheduled"] = seconds(one.get("lastTransitionTime"))
        elif one["type"] == "DisruptionTarget" and one["status"] == "True":
            made["disrupted"] = one.get("reason") or "Disrupted"
            made["disrupted_message"] = one.get("message") or ""
        elif one["type"] == "PodReadyToStartContainers":
            made["prepared"] = one["status"] == "True"
    return made


def _named(containers: Any, name: str) -> list[dict[str, Any]]:
    return [one for one in containers or () if one.get("name") == name]


def _container(spec: dict[str, Any], status: dict[str, Any], name: str) -> Container | None:
    for one in _named(status.get("containerStatuses"), name):
        state = one.get("state") or {}
        if ended := state.get("terminated"):
            return Container(
                started=seconds(ended.get("startedAt")),
                exit_code=ended.get("exitCode"),
                finished=seconds(ended.get("finishedAt")),
                ended=ended.get("reason") or "",
                message=ended.get("message") or "",
            )
        if running := state.get("running"):
            return Container(started=seconds(running.get("startedAt")))
        waiting = state.get("waiting") or {}
        return Container(
            waiting=waiting.get("reason") or "ContainerCreating",
            message=waiting.get("message") or "",
            image=next(
                (its.get("image") or "" for its in _named(spec.get("containers"), name)), ""
            ),
        )
    return None
