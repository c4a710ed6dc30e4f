"""A job that is bound to end without success: a task failed, or it was cancelled.

Nothing starts and nothing is tried again.  Queued tasks are CANCELLED; running ones are
asked to stop, and killed after the grace period.  An attempt that returns all the same
keeps its success, but its subtasks are CANCELLED; one that raises or is killed is
CANCELLED.  COMPUTED tasks stay COMPUTED.  When no attempt runs any more, the job is
FAILED or CANCELLED.  Whichever of the two came first stands.
"""

from __future__ import annotations

from fairlead.core.effects import StopAttempt, StopKind
from fairlead.core.ledger import Ledger
from fairlead.core.node import Key, Node
from fairlead.core.reasons import CANCELLING, FAILING, JOB_CANCELLED, JOB_FAILED
from fairlead.core.states import JobState, TaskState


def begin_failing(ledger: Ledger, cause: str, first_failure: Key | None) -> None:
    """Let the job fail; a job that is failing or cancelled already stays as it is."""
    if ledger.ending is None:
        ledger.ending = JobState.FAILED
        ledger.first_failure = first_failure
        _begin(ledger, FAILING, cause)


def begin_cancelling(ledger: Ledger, cause: str) -> None:
    """Let the job be cancelled; a job that is failing or cancelled already stays as it is."""
    if ledger.ending is None:
        ledger.ending = JobState.CANCELLED
        ledger.closed = True  # nobody can want to add tasks to it any more
        _begin(ledger, CANCELLING, cause)


def _begin(ledger: Ledger, reason: str, cause: str) -> None:
    ledger.cause = cause
    ledger.change_job(JobState.RUNNING, reason)
    sweep(ledger)


def sweep(ledger: Ledger) -> None:
    """Cancel what is queued and have stopped what runs; once in the life of a job."""
    for node in list(ledger.nodes.values()):
        if node.state is TaskState.QUEUED:
            cancel_with_job(ledger, node)
        elif node.state is TaskState.RUNNING:
            ledger.effects.append(StopAttempt(node.key, node.attempt, StopKind.CANCEL))
    ledger.check_end()


def cancel_with_job(ledger: Ledger, node: Node) -> None:
    """Cancel a task because its job ends.  Nobody who waits for it goes on."""
    failing = ledger.ending is JobState.FAILED
    ledger.move(node, TaskState.CANCELLED, JOB_FAILED if failing else JOB_CANCELLED)
