"""The job's cache as one attempt in a pod uses it.

What an attempt has written counts once the attempt is committed.  A task without subtasks
commits itself, by its runner's last write.  One with subtasks is committed by the operator,
which may find them wanting; its runner therefore only stages, and whoever uses the cache
next publishes.
"""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.api.words import TASK_STATES
from fairlead.core.states import FINAL_TASK_STATES, TaskState
from fairlead.runner.pod.assignment import Assignment, Object
from fairlead.runner.pod.context import Pod
from fairlead.runner.pod.errors import RefusedError, StoppedWaitingError
from fairlead.runner.pod.patience import patiently
from fairlead.runner.pod.values import TO_HAVE_A_STORE, NoStoreError
from fairlead.sdk.cache import JobCache
from fairlead.sdk.storedcache import StagedBy, StoredCache, Verdict


class AttemptCache:
    """Reads what is committed, stages what the attempt writes, and publishes it."""

    def __init__(self, pod: Pod, assignment: Assignment) -> None:
        self._pod = pod
        self._assignment = assignment
        self._cache: StoredCache | None = None
        self._by = StagedBy(assignment.name, assignment.uid, assignment.attempt, pod.settings.uid)
        self._has_staged = False

    def committed(self) -> JobCache:
        """Return the job's cache as committed."""
        if self._cache is None:
            if self._pod.store is None:
                raise NoStoreError(
                    "the job's cache needs an object store, and this installation has none;"
                    f" {TO_HAVE_A_STORE}"
                )
            self._cache = StoredCache(self._pod.store, self._assignment.job_uid, self._verdict)
        return self._cache

    def stage(self, writes: Mapping[str, bytes]) -> None:
        """Keep what the attempt has written, for its commit."""
        if writes:
            self.committed()
            assert self._cache is not None
            self._cache.stage(self._by, writes)
            self._has_staged = True

    def publish(self) -> None:
        """Let what was staged be found directly; the attempt must be committed."""
        if self._has_staged and self._cache is not None:
            self._cache.publish(self._by)

    def _verdict(self, by: StagedBy) -> Verdict:
        """Ask the Task of an attempt whether that was committed."""
        try:
            task = patiently(lambda: self._pod.api.get(by.task), self._pod.terminating)
        except RefusedError as refused:
            return "dead" if refused.status == 404 else "open"
        except StoppedWaitingError:
            return "open"
        return verdict_of(task, by)


def verdict_of(task: Object, by: StagedBy) -> Verdict:
    """Return what a Task says became of an attempt that has staged something."""
    status = task.get("status") or {}
    outcome = status.get("outcome") or {}
    if task["metadata"]["uid"] != by.task_uid:
        return "dead"
    if (outcome.get("attempt"), outcome.get("podUID")) == (by.attempt, by.pod_uid):
        return _verdict_of_reported(status, outcome["kind"])
    has_moved_on = outcome or int(status.get("attempt") or 0) > by.attempt
    is_taken_back = not status.get("podName")
    is_over = has_moved_on or is_taken_back or _state(status) in FINAL_TASK_STATES
    return "dead" if is_over else "open"


def _verdict_of_reported(status: Object, kind: str) -> Verdict:
    """Return what became of the attempt that a Task's outcome tells of."""
    state = _state(status)
    if kind != "Succeeded":
        return "dead"
    if state in (TaskState.COMPUTED, TaskState.COMPLETED):
        return "committed"
    if state is TaskState.CANCELLED:
        # The operator takes the number away where it cancels an attempt without committing it.
        return "committed" if status.get("children") else "dead"
    return "dead" if state in FINAL_TASK_STATES else "open"


def _state(status: Object) -> TaskState:
    return TASK_STATES[status.get("state", "Queued")]
