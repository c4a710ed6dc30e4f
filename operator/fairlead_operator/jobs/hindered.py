"""The condition of a Job with which the operator cannot go on.

It is there from the first time that something hinders the operator; after that it is False
while nothing does, so that people can wait for either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.api.verdicts import HINDERED
from fairlead_operator.jobs.conditions import condition, find, merged

Conditions = Sequence[Mapping[str, Any]]

GOES_ON = "GoesOn"
"""The reason where nothing hinders the operator any more."""


def is_hindered(conditions: Conditions) -> bool:
    """Return whether something is said to hinder the operator."""
    found = find(conditions, HINDERED)
    return found is not None and found["status"] == "True"


def hindered(
    conditions: Conditions, reason: str, message: str, now: float, generation: int
) -> Conditions | None:
    """Return a job's conditions where ``reason`` hinders the operator; None if they say so."""
    one = condition(HINDERED, True, reason, message, now, generation)
    before = find(conditions, HINDERED)
    if before is not None and all(
        before.get(name) == one[name] for name in ("status", "reason", "message")
    ):
        return None
    return merged(conditions, [one])


def freed(conditions: Conditions, now: float, generation: int) -> Conditions | None:
    """Return a job's conditions where nothing hinders the operator; None if they say so."""
    if not is_hindered(conditions):
        return None
    return merged(conditions, [condition(HINDERED, False, GOES_ON, "", now, generation)])
