"""What the state of a Job means to whoever waits for it: the statuses of its conditions.

================  =================================================================
Succeeded         the summary: True or False once it has ended, Unknown before
Complete, Failed  as Jobs of batch/v1 have them; a cancelled job is Failed
Suspended         nothing new starts
Finished          True on every end; the one to wait for, since waiting for Complete
                  never ends where the job fails
Hindered          True while the operator cannot go on with the job; says why, and what to
                  do about it. Not there while nothing ever hindered it
================  =================================================================
"""

from __future__ import annotations

from fairlead.core.states import JobState, is_final

SUCCEEDED = "Succeeded"
COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
FINISHED = "Finished"
HINDERED = "Hindered"


def job_verdicts(state: JobState) -> dict[str, bool | None]:
    """Return each condition's status in a state of the job; None stands for Unknown."""
    done = is_final(state)
    well = state is JobState.COMPLETED
    return {
        SUCCEEDED: well if done else None,
        COMPLETE: well,
        FAILED: done and not well,
        SUSPENDED: state is JobState.SUSPENDED,
        FINISHED: done,
    }
