"""MachineGroups: runners of one size that somebody keeps ready for their own tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from fairlead.api.machine import MachineGroupSpec, MachineGroupStatus
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.refusal import Refusal, Remedy
from fairlead_operator.runners.seen import DELETED, Seen, first_problem, name_of
from fairlead_operator.runners.times import seconds

IDLE_SECONDS = 300.0
"""How long a runner above a group's minimum waits for the next task, if the group does not
say."""


@dataclass(frozen=True, slots=True)
class Group:
    """One MachineGroup.

    Attributes
    ----------
    state
        What its status says of its life.
    faults
        What is wrong with it.
    """

    namespace: str
    name: str
    uid: str
    spec: MachineGroupSpec
    status: MachineGroupStatus = field(default_factory=MachineGroupStatus)
    generation: int = 1
    created: float = 0.0
    faults: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name

    @property
    def size(self) -> str:
        """The size of its runners."""
        return self.spec.size

    @property
    def minimum(self) -> int:
        """How many runners it keeps even when idle."""
        return self.spec.min_machines or 0

    @property
    def maximum(self) -> int:
        """The most runners it may have."""
        return self.spec.max_machines

    @property
    def idle_seconds(self) -> float:
        """How long a runner above the minimum waits for the next task."""
        found = self.spec.idle_seconds
        return IDLE_SECONDS if found is None else found

    @property
    def terminated(self) -> bool:
        """Whether it takes no tasks any more."""
        return self.deleted or self.spec.desired == "Terminated"


def parse_group(raw: dict[str, Any]) -> Group:
    """Return the group that an object describes."""
    metadata = raw["metadata"]
    namespace, name = name_of(raw)
    spec, faults = _parse_spec(raw.get("spec") or {})
    return Group(
        namespace,
        name,
        metadata.get("uid") or "",
        spec,
        MachineGroupStatus.model_validate(raw.get("status") or {}),
        metadata.get("generation", 1),
        seconds(metadata.get("creationTimestamp")) or 0.0,
        faults,
        deleted=metadata.get("deletionTimestamp") is not None,
    )


def _parse_spec(raw: dict[str, Any]) -> tuple[MachineGroupSpec, tuple[str, ...]]:
    try:
        return MachineGroupSpec.model_validate(raw), ()
    except ValidationError as error:
        return MachineGroupSpec(size=str(raw.get("size") or "?")), (first_problem(error),)


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
        if found.terminated:
            message = f"The machine group {name} was terminated before the task had started on it."
            return Refusal("GroupTerminated", explained("GroupTerminated", message), Remedy.NONE)
        return found
