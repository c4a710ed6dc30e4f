"""The statuses of Releases, MachineSizes and MachineGroups: whether they are ready, or why not.

Each function returns what is to be written, or None where the status says so already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead_operator.jobs.conditions import condition, find, merged
from fairlead_operator.runners.group_plan import GroupPlan
from fairlead_operator.runners.groups import Group
from fairlead_operator.runners.release_record import CANNOT, READY, Published
from fairlead_operator.runners.sizes import Size

Status = dict[str, Any]


def release_status(release: Published, now: float) -> Status | None:
    """Return the status of a Release."""
    trouble = None
    if release.faults:
        trouble = "ReleaseBroken", f"{CANNOT}{'; '.join(release.faults)}."
    numbers = {"tasks": len(release.tasks)}
    return _status(release.status, release.generation, numbers, trouble, now)


def size_status(size: Size, running: int, waiting: int, now: float) -> Status | None:
    """Return the status of a MachineSize.

    Parameters
    ----------
    running, waiting
        How many runners there are, and how many jobs wait for one.
    """
    trouble = None
    if size.faults:
        trouble = "InvalidMachineSize", f"{CANNOT}{'; '.join(size.faults)}."
    numbers = {"running": running, "waiting": waiting}
    return _status(size.status, size.generation, numbers, trouble, now)


def group_status(group: Group, plan: GroupPlan, now: float) -> Status | None:
    """Return the status of a MachineGroup."""
    trouble = plan.trouble
    if plan.state in ("Terminating", "Terminated"):
        trouble = plan.state, "The group takes no more tasks."
    elif plan.state == "Starting" and trouble is None:
        trouble = "Starting", "No runner is up yet."
    numbers = {"state": plan.state, "running": plan.running, "idle": plan.idle}
    return _status(group.status, group.generation, numbers, trouble, now)


def _status(
    before: Mapping[str, Any],
    generation: int,
    numbers: Mapping[str, Any],
    trouble: tuple[str, str] | None,
    now: float,
) -> Status | None:
    reason, message = trouble or (READY, "")
    conditions: Sequence[Mapping[str, Any]] = before.get("conditions") or ()
    after: Status = {"observedGeneration": generation, **numbers}
    same = all(before.get(name) == value for name, value in after.items())
    if same and _says(conditions, trouble is None, reason, message):
        return None
    made = condition(READY, trouble is None, reason, message, now, generation)
    return {**after, "conditions": merged(conditions, [made])}


def _says(conditions: Sequence[Mapping[str, Any]], ready: bool, reason: str, message: str) -> bool:
    """Return whether the condition is there.

    Messages of one reason may differ in numbers that change all the time, such as those of
    nodes; that alone is not worth a write, unless somebody mends one fault of several.
    """
    found = find(conditions, READY)
    if found is None or found["status"] != str(ready) or found["reason"] != reason:
        return False
    return found.get("message") == message or reason not in _MENDED_BIT_BY_BIT


_MENDED_BIT_BY_BIT = frozenset({"ReleaseBroken", "InvalidMachineSize", "InvalidMachineGroup"})
