"""The conditions of a Job: what its state means to whoever waits for it.

================  =================================================================
Succeeded         the summary: True or False once it has ended, Unknown before
Complete, Failed  as Jobs of batch/v1 have them; a cancelled job is Failed
Suspended         nothing new starts
Finished          True on every end; the one to wait for, since waiting for Complete
                  never ends where the job fails
================  =================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fairlead.api.conditions import condition, merged
from fairlead.api.meta import Condition
from fairlead.api.states import camel
from fairlead.core.states import JobState, is_final

SUCCEEDED = "Succeeded"
COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
FINISHED = "Finished"


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
    done = is_final(state)
    well = state is JobState.COMPLETED
    statuses: dict[str, bool | None] = {
        SUCCEEDED: well if done else None,
        COMPLETE: well,
        FAILED: done and not well,
        SUSPENDED: state is JobState.SUSPENDED,
        FINISHED: done,
    }
    return merged(
        before,
        [
            condition(type_, status, why, message, now=now, generation=generation)
            for type_, status in statuses.items()
        ],
    )
