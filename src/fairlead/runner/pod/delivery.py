"""From an outcome to the one write that records it, and what has to be in place before.

Large values, files, the log and staged cache entries are in the store, and subtasks are
made, before the finishing write names them; that write commits all of it, or nothing.
"""

from __future__ import annotations

from typing import Any

from fairlead.errors import FairleadError, InvalidRequestError, LimitExceededError, ObjectStoreError
from fairlead.runner.pod.assignment import Assignment
from fairlead.runner.pod.cache import AttemptCache
from fairlead.runner.pod.context import Pod
from fairlead.runner.pod.errors import RefusedError
from fairlead.runner.pod.outcomes import own_outcome, record
from fairlead.runner.pod.reports import Reports
from fairlead.runner.pod.showing import shown
from fairlead.runner.pod.subtasks import Subtasks, TakenError, Writer, packed_references
from fairlead.runner.pod.values import NoStoreError, Values, tried
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind


class Delivery:
    """Records the outcome of one attempt."""

    def __init__(self, pod: Pod, assignment: Assignment, reports: Reports, values: Values) -> None:
        self._pod = pod
        self._assignment = assignment
        self._reports = reports
        self._values = values
        self.cache = AttemptCache(pod, assignment)

    def deliver(self, outcome: AttemptOutcome) -> None:
        """Record how the attempt ended.

        Raises
        ------
        NotHeldError, StoppedWaitingError
            If the task is not this pod's any more: nothing is recorded.
        """
        success: dict[str, Any] = {}
        try:
            self._keep_files()
            if outcome.kind is OutcomeKind.SUCCEEDED:
                success = self._success(outcome)
        except (InvalidRequestError, LimitExceededError) as error:
            outcome, success = self._instead(outcome, OutcomeKind.NON_RETRYABLE, error), {}
        except RefusedError as error:
            outcome, success = self._instead(outcome, OutcomeKind.NON_RETRYABLE, error), {}
        except (ObjectStoreError, TakenError) as error:
            outcome, success = self._instead(outcome, OutcomeKind.LOST, error), {}
        try:
            self._finish(outcome, success)
        except RefusedError as refused:
            self._finish(self._refused(outcome, refused), {})
            return
        if outcome.kind is OutcomeKind.SUCCEEDED:
            self.cache.publish()

    def _success(self, outcome: AttemptOutcome) -> dict[str, Any]:
        """Put everything in place that a success commits; return the fields that name it."""
        fields: dict[str, Any] = {}
        refs = packed_references(outcome.result_refs, outcome.children)
        if refs:
            fields["resultFrom"] = refs
        if not (refs and refs[0]["path"] == ""):
            result = b"null" if outcome.result is None else outcome.result
            fields |= self._values.written("result", result, "the result")
        self.cache.stage(outcome.cache_writes)
        if outcome.children:
            self._make(outcome)
            fields["children"] = len(outcome.children)
        else:
            fields["state"] = "Completed"
        return fields

    def _make(self, outcome: AttemptOutcome) -> None:
        settings = self._pod.settings
        builder = Subtasks(
            self._assignment, settings.name, settings.uid, settings.release.name, self._values
        )
        writer = Writer(self._pod.api, self._reports.check, self._reports.lost)
        writer.write(outcome.children, builder)

    def _keep_files(self) -> None:
        """Put the files that the task has left into the store."""
        one, store = self._assignment, self._pod.store
        for name, path in self._pod.rooms.left_files(one.job_uid, one.task_id):
            if store is None:
                raise NoStoreError(
                    f"the file {name} that the task has left needs an object store, and this"
                    f" installation has none; set store.url in the chart's values"
                    f" (FAIRLEAD_RUNNER_STORE of the operator)"
                )
            data = path.read_bytes()
            key = f"jobs/{one.job_uid}/files/{one.name}/{name}"
            tried(lambda key=key, data=data: store.put(key, data))  # type: ignore[misc]

    def _finish(self, outcome: AttemptOutcome, success: dict[str, Any]) -> None:
        seen = shown(outcome.display, outcome.progress, outcome.status_text)
        ended = record(outcome, self._assignment.attempt, self._pod.settings.uid)
        self._reports.finish({**seen, **success, "outcome": ended})

    def _instead(
        self, outcome: AttemptOutcome, kind: OutcomeKind, error: Exception
    ) -> AttemptOutcome:
        """Return what an outcome becomes that cannot be recorded; a failure stays what it is."""
        if outcome.kind is not OutcomeKind.SUCCEEDED:
            return outcome
        known = error if isinstance(error, FairleadError) else ObjectStoreError(str(error))
        return own_outcome(kind, known, outcome.version)

    def _refused(self, outcome: AttemptOutcome, refused: RefusedError) -> AttemptOutcome:
        error = InvalidRequestError(
            f"the API server takes nothing of what the task ended with: {refused.message[:2000]}"
        )
        return own_outcome(OutcomeKind.NON_RETRYABLE, error, outcome.version)
