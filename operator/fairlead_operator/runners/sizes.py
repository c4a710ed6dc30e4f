"""MachineSizes: what a name such as ``small`` means for a runner's pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from fairlead.api.machine import MachineSizeSpec
from fairlead_operator.runners.failures import explained
from fairlead_operator.runners.pod_patch import problems
from fairlead_operator.runners.quantity import whole
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.seen import DELETED, Seen, first_problem, name_of

DEFAULT_SIZE = "small"
"""The size of tasks for which nothing names one."""

NODE_LOST_SECONDS = 60.0
"""How long after a lost node's pod was to be gone its task starts elsewhere."""


@dataclass(frozen=True, slots=True)
class Size:
    """What runners of one size are.

    Attributes
    ----------
    spec
        As its author wrote it.
    faults
        What is wrong with it; runners of a size with faults are not made.
    """

    name: str
    spec: MachineSizeSpec = field(default_factory=MachineSizeSpec)
    generation: int = 1
    faults: tuple[str, ...] = ()

    @property
    def max_runners(self) -> int | None:
        """How many runners there may be; None for any number."""
        return self.spec.max_runners

    @property
    def grows_to(self) -> str | None:
        """The size for the next attempt of a task that ran out of memory on this one."""
        return self.spec.grows_to

    @property
    def start_timeout(self) -> float | None:
        """After how many seconds a runner that does not start counts as never started."""
        return self.spec.start_timeout_seconds

    @property
    def node_lost_seconds(self) -> float:
        """How long after a lost node's pod was to be gone its task starts elsewhere."""
        return self.spec.node_lost_seconds or NODE_LOST_SECONDS

    @property
    def memory_bytes(self) -> int | None:
        """The limit on memory, or None."""
        return memory_limit(self.spec.resources.limits if self.spec.resources else None)


def memory_limit(limits: Mapping[str, Any] | None) -> int | None:
    """Return the bytes that limits allow, or None where they say nothing."""
    text = (limits or {}).get("memory")
    return None if text is None else whole(text)


def parse_size(raw: dict[str, Any]) -> Size:
    """Return the size that an object describes, with all that is wrong with it."""
    name = raw["metadata"]["name"]
    generation = raw["metadata"].get("generation", 1)
    try:
        spec = MachineSizeSpec.model_validate(raw.get("spec") or {})
    except ValidationError as error:
        return Size(name, generation=generation, faults=(first_problem(error),))
    faults = problems(spec.pod_patch or {})
    return Size(name, spec, generation, faults)


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
