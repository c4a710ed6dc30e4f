"""The conditions of a Job; :mod:`fairlead.api.verdicts` says what each of them means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fairlead.api.conditions import condition, merged
from fairlead.api.meta import Condition
from fairlead.api.states import camel
from fairlead.api.verdicts import job_verdicts
from fairlead.core.states import JobState


def job_conditions(
    before: Sequence[Condition] | None,
    state: JobState,
    *,
    reason: str | None = None,
    message: str = "",
    now: datetime,
    generation: int,
) -> list[Condition]:
    """Return a Job's conditions in a state.

    Parameters
    ----------
    before
        Those it had; conditions of other types are kept.
    reason, message
        Why it is in that state, in a word and in words; the state's name stands in.
    now
        Becomes the transition time of what changes.
    generation
        The generation of the spec that this was concluded from.
    """
    why = reason or camel(state)
    return merged(
        before,
        [
            condition(type_, status, why, message, now=now, generation=generation)
            for type_, status in job_verdicts(state).items()
        ],
    )
