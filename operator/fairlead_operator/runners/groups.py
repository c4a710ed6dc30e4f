"""MachineGroups: runners of one size that somebody keeps ready for their own tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.api.times import seconds
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.seen import DELETED, UNREADABLE, Seen, name_of, unreadable

IDLE_SECONDS = 300.0
"""How long a runner above a group's minimum waits for the next task, if the group does not
say."""


@dataclass(frozen=True, slots=True)
class Group:
    """One MachineGroup.

    Attributes
    ----------
    minimum
        How many runners it keeps even when idle.
    maximum
        The most runners it may have.
    idle_seconds
        How long a runner above the minimum waits for the next task.
    terminate_after
        How long after its last task the whole group terminates itself; None for never.
    spot
        Whether only nodes that may be taken away will do; None as the size says.
    release
        The Release that its runners load; None for that of its latest task.
    account
        The service account of its runners; None for the installation's.
    terminated
        Whether it takes no tasks any more.
    faults
        What is wrong with it.
    status
        Its status as it was seen last.
    """

    namespace: str
    name: str
    uid: str = ""
    generation: int = 1
    created: float = 0.0
    size: str = ""
    minimum: int = 0
    maximum: int = 1
    idle_seconds: float = IDLE_SECONDS
    terminate_after: float | None = None
    spot: bool | None = None
    release: str | None = None
    account: str | None = None
    terminated: bool = False
    deleted: bool = False
    faults: tuple[str, ...] = ()
    status: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name


def parse_group(raw: dict[str, Any]) -> Group:
    """Return the group that an object describes; one that cannot be read has a fault."""
    metadata = raw["metadata"]
    namespace, name = name_of(raw)
    known: dict[str, Any] = {
        "namespace": namespace,
        "name": name,
        "uid": metadata.get("uid") or "",
        "generation": metadata.get("generation") or 1,
        "created": seconds(metadata.get("creationTimestamp")) or 0.0,
        "deleted": metadata.get("deletionTimestamp") is not None,
        "status": raw.get("status") or {},
    }
    try:
        return Group(**known, **_spec(raw["spec"]))
    except UNREADABLE as error:
        return Group(**known, maximum=0, faults=(unreadable(error),))


def _spec(spec: dict[str, Any]) -> dict[str, Any]:
    provisioning = spec.get("provisioning")
    return {
        "size": spec["size"],
        "minimum": spec.get("minMachines") or 0,
        "maximum": spec.get("maxMachines", 1),
        "idle_seconds": spec.get("idleSeconds", IDLE_SECONDS),
        "terminate_after": spec.get("terminateAfterSeconds"),
        "spot": None if provisioning is None else provisioning == "Spot",
        "release": spec.get("release"),
        "account": spec.get("serviceAccountName"),
        "terminated": spec.get("desired") == "Terminated",
    }


class GroupIndex:
    """All MachineGroups of the watched namespaces."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def observe(self, event: Seen) -> tuple[str, str]:
        """Take note of an event; return namespace and name of the group it is about."""
        key = name_of(event.object)
        if event.type == DELETED:
            self._groups.pop(key, None)
        else:
            self._groups[key] = parse_group(event.object)
        return key

    def known(self, namespace: str, name: str) -> Group | None:
        """Return a group, also a terminated one; None if there is none of the name."""
        return self._groups.get((namespace, name))

    def all(self) -> list[Group]:
        """Return all groups."""
        return list(self._groups.values())

    def get(self, namespace: str, name: str) -> Group | Refusal:
        """Return the group of a name that takes tasks, or why there is none."""
        found = self._groups.get((namespace, name))
        if found is None:
            return Refusal(
                "UnknownMachineGroup",
                explained("UnknownMachineGroup", f"There is no MachineGroup {name} here."),
            )
        if found.terminated or found.deleted:
            message = f"The machine group {name} was terminated before the run had started."
            return Refusal("GroupTerminated", explained("GroupTerminated", message), Remedy.NONE)
        return found
