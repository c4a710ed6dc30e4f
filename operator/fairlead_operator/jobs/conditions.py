"""Conditions as plain JSON; what they mean is said in :mod:`fairlead.api.verdicts`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairlead.api.times import whole

Condition = dict[str, Any]

MAX_MESSAGE = 4096

_WORD = re.compile(r"[^A-Za-z0-9_]+")


def condition(
    type_: str,
    status: bool | None,
    reason: str,
    message: str,
    now: float,
    generation: int | None = None,
) -> Condition:
    """Return a condition; ``status`` None stands for Unknown.

    What the API server would refuse, and the whole status with it, is put right: a reason
    of several words becomes one, a message that is too long is cut.
    """
    made: Condition = {
        "type": type_,
        "status": "Unknown" if status is None else "True" if status else "False",
        "reason": _word(reason),
        "message": message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…",
        "lastTransitionTime": whole(now),
    }
    if generation is not None:
        made["observedGeneration"] = generation
    return made


def _word(reason: str) -> str:
    word = _WORD.sub("", reason.partition(":")[0])[:256]
    return word if word and word[0].isalpha() else "Unknown"


def merged(
    before: Sequence[Mapping[str, Any]], new: Iterable[Condition]
) -> list[Mapping[str, Any]]:
    """Return the conditions after some were concluded anew.

    A condition whose status stays the same keeps its transition time; those of other types
    stay, in the order of their first appearance.
    """
    found: dict[str, Mapping[str, Any]] = {one["type"]: one for one in before}
    for one in new:
        old = found.get(one["type"])
        if old is not None and old["status"] == one["status"]:
            one["lastTransitionTime"] = old["lastTransitionTime"]
        found[one["type"]] = one
    return list(found.values())


def find(conditions: Sequence[Mapping[str, Any]], type_: str) -> Mapping[str, Any] | None:
    """Return the condition of a type, or None."""
    return next((one for one in conditions if one["type"] == type_), None)
