"""Lists of conditions, as metav1.Condition has them.  Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from fairlead.api.meta import Condition, ConditionStatus

MAX_MESSAGE = 4096


def find(conditions: Sequence[Condition] | None, type_: str) -> Condition | None:
    """Return the condition of a type, or None."""
    return next((found for found in conditions or () if found.type == type_), None)


def is_true(conditions: Sequence[Condition] | None, type_: str) -> bool:
    """Return whether the condition of a type is there and True."""
    found = find(conditions, type_)
    return found is not None and found.status == "True"


def condition(
    type_: str,
    status: bool | None,
    reason: str,
    message: str = "",
    *,
    now: datetime,
    generation: int | None = None,
) -> Condition:
    """Return a new condition; ``status`` None stands for Unknown.

    A message that is too long is cut, because the API server would refuse all of the status.
    """
    words: ConditionStatus = "Unknown" if status is None else "True" if status else "False"
    if len(message) > MAX_MESSAGE:
        message = message[: MAX_MESSAGE - 1] + "…"
    return Condition(
        type=type_,
        status=words,
        reason=reason,
        message=message,
        last_transition_time=now.replace(microsecond=0),
        observed_generation=generation,
    )


def merged(before: Sequence[Condition] | None, new: Iterable[Condition]) -> list[Condition]:
    """Return the conditions after some were concluded anew.

    A condition whose status stays the same keeps its transition time; where nothing
    changes at all the list is equal to the one before, so that nothing need be written.
    The order is that of the first appearance.
    """
    found = {one.type: one for one in before or ()}
    for one in new:
        old = found.get(one.type)
        if old is not None and old.status == one.status:
            one = one.model_copy(update={"last_transition_time": old.last_transition_time})
        found[one.type] = one
    return list(found.values())


def without(before: Sequence[Condition] | None, *types: str) -> list[Condition]:
    """Return the conditions but those of some types."""
    return [one for one in before or () if one.type not in types]
