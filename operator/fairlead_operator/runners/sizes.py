"""MachineSizes: what a name such as ``small`` means for a runner's pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.pod_patch import problems
from fairlead_operator.runners.quantity import whole
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.seen import DELETED, UNREADABLE, Seen, name_of, unreadable

DEFAULT_SIZE = "small"
"""The size of tasks for which nothing names one."""

NODE_LOST_SECONDS = 60.0
"""How long after a lost node's pod was to be gone its task starts elsewhere."""


@dataclass(frozen=True, slots=True)
class Size:
    """What runners of one size are.

    Attributes
    ----------
    resources, node_selector, tolerations
        As a pod has them.
    memory_bytes
        The limit on memory, or None.
    spot
        Whether its nodes may be taken away at any time.
    max_runners
        How many runners there may be; None for any number.
    grows_to
        The size for the next attempt of a task that ran out of memory on this one.
    start_timeout
        After how many seconds a runner that does not start counts as never started.
    node_lost_seconds
        How long after a lost node's pod was to be gone its task starts elsewhere.
    faults
        What is wrong with it; runners of a size with faults are not made.
    status
        Its status as it was seen last.
    """

    name: str
    generation: int = 1
    resources: Mapping[str, Any] = field(default_factory=dict)
    memory_bytes: int | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    priority_class_name: str | None = None
    runtime_class_name: str | None = None
    spot: bool = False
    max_runners: int | None = None
    grows_to: str | None = None
    start_timeout: float | None = None
    node_lost_seconds: float = NODE_LOST_SECONDS
    pod_patch: Mapping[str, Any] = field(default_factory=dict, repr=False)
    faults: tuple[str, ...] = ()
    status: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def parse_size(raw: dict[str, Any]) -> Size:
    """Return the size that an object describes; one that cannot be read is there, with a fault."""
    name, generation = raw["metadata"]["name"], raw["metadata"].get("generation") or 1
    status = raw.get("status") or {}
    try:
        return Size(name, generation, status=status, **_spec(raw.get("spec") or {}))
    except UNREADABLE as error:
        return Size(name, generation, status=status, faults=(unreadable(error),))


def _spec(spec: dict[str, Any]) -> dict[str, Any]:
    resources, patch = spec.get("resources") or {}, spec.get("podPatch") or {}
    return {
        "resources": resources,
        "memory_bytes": _memory(resources.get("limits") or {}),
        "node_selector": spec.get("nodeSelector") or {},
        "tolerations": spec.get("tolerations") or (),
        "priority_class_name": spec.get("priorityClassName"),
        "runtime_class_name": spec.get("runtimeClassName"),
        "spot": spec.get("provisioning") == "Spot",
        "max_runners": spec.get("maxRunners"),
        "grows_to": spec.get("growsTo"),
        "start_timeout": spec.get("startTimeoutSeconds"),
        "node_lost_seconds": spec.get("nodeLostSeconds") or NODE_LOST_SECONDS,
        "pod_patch": patch,
        "faults": problems(patch),
    }


def _memory(limits: Mapping[str, Any]) -> int | None:
    return whole(limits["memory"]) if "memory" in limits else None


class SizeIndex:
    """All MachineSizes of the cluster, by name."""

    def __init__(self) -> None:
        self._sizes: dict[str, Size] = {}

    def observe(self, event: Seen) -> str:
        """Take note of an event; return the name of the size that it is about."""
        _, name = name_of(event.object)
        if event.type == DELETED:
            self._sizes.pop(name, None)
        else:
            self._sizes[name] = parse_size(event.object)
        return name

    def known(self, name: str) -> Size | None:
        """Return a size even if it has faults; None if there is none of the name."""
        return self._sizes.get(name)

    def names(self) -> list[str]:
        """Return all names."""
        return sorted(self._sizes)

    def get(self, name: str | None = None) -> Size | Refusal:
        """Return the size of a name, by default ``small``, or why there is none."""
        name = name or DEFAULT_SIZE
        found = self._sizes.get(name)
        if found is None:
            there = ", ".join(self.names()) or "none"
            return Refusal(
                "UnknownMachineSize",
                explained(
                    "UnknownMachineSize", f"There is no MachineSize {name}; there are: {there}."
                ),
            )
        if found.faults:
            message = f"MachineSize {name} cannot be used: {'; '.join(found.faults)}."
            return Refusal("InvalidMachineSize", explained("InvalidMachineSize", message))
        return found
