"""From an outcome to the one write that records it, and what has to be in place before.

Large values, files, the log and staged cache entries are in the store, and subtasks are
made, before the finishing write names them; that write commits all of it, or nothing, but
that a task with subtasks is committed by the operator, once it has seen them all.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fairlead.api.words import camel
from fairlead.core.states import TaskState
from fairlead.errors import InvalidRequestError, LimitExceededError, ObjectStoreError
from fairlead.runner.pod.assignment import Assignment
from fairlead.runner.pod.cache import AttemptCache
from fairlead.runner.pod.context import Pod
from fairlead.runner.pod.errors import NotHeldError, RefusedError, StoppedWaitingError
from fairlead.runner.pod.outcomes import own_outcome, record
from fairlead.runner.pod.reports import Reports
from fairlead.runner.pod.showing import shown
from fairlead.runner.pod.subtasks import Subtasks, Writer, packed_references
from fairlead.runner.pod.values import TO_HAVE_A_STORE, NoStoreError, Values, tried
from fairlead.sdk.attempt import AttemptOutcome, OutcomeKind
from fairlead.sdk.objectstore import ObjectStore

COMPLETED = camel(TaskState.COMPLETED)


class Delivery:
    """Records the outcome of one attempt.

    ``step`` is called whenever something more is in place.
    """

    def __init__(
        self,
        pod: Pod,
        assignment: Assignment,
        reports: Reports,
        values: Values,
        step: Callable[[], None],
    ) -> None:
        self._step = step
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
        outcome, fields = self._prepared(outcome)
        try:
            self._finish(outcome, fields)
        except RefusedError as refused:
            self._finish(_refused(outcome, refused), {})
            return
        if fields.get("state") == COMPLETED:  # else it is the operator who commits
            self._publish()

    def _prepared(self, outcome: AttemptOutcome) -> tuple[AttemptOutcome, dict[str, Any]]:
        """Put everything in place; return the outcome that it comes to, and its fields."""
        try:
            self._keep_files()
            is_success = outcome.kind is OutcomeKind.SUCCEEDED
            return outcome, self._success(outcome) if is_success else {}
        except (NotHeldError, StoppedWaitingError):
            raise
        except (InvalidRequestError, LimitExceededError, RefusedError) as error:
            return _instead(outcome, OutcomeKind.NON_RETRYABLE, error), {}
        except Exception as error:
            # The store, a file that cannot be read, a name that is taken: another attempt,
            # elsewhere, may do better.
            traceback.print_exc()
            return _instead(outcome, OutcomeKind.LOST, error), {}

    def _publish(self) -> None:
        try:
            self.cache.publish()
        except ObjectStoreError as error:
            # Nothing is lost: whoever reads the cache next does it.
            print(f"fairlead: {error}", file=sys.stderr, flush=True)

    def _success(self, outcome: AttemptOutcome) -> dict[str, Any]:
        """Put everything in place that a success commits; return the fields that name it."""
        fields: dict[str, Any] = {}
        refs = packed_references(outcome.result_refs, outcome.children)
        if refs:
            fields["resultFrom"] = refs
        if not (refs and refs[0]["path"] == ""):
            result = b"null" if outcome.result is None else outcome.result
            fields |= self._values.written("result", result, "the result")
            self._step()
        tried(lambda: self.cache.stage(outcome.cache_writes), self._reports.lost)
        self._step()
        if outcome.children:
            self._make(outcome)
            fields["children"] = len(outcome.children)
        else:
            fields["state"] = COMPLETED
        return fields

    def _make(self, outcome: AttemptOutcome) -> None:
        settings = self._pod.settings
        builder = Subtasks(
            self._assignment, settings.name, settings.uid, settings.release.name, self._values
        )
        writer = Writer(self._pod.api, self._reports.check, self._reports.lost, self._step)
        writer.write(outcome.children, builder)

    def _keep_files(self) -> None:
        """Put the files that the task has left into the store."""
        one, store = self._assignment, self._pod.store
        for name, path in self._pod.ground.left_files(one.job_uid, one.task_id):
            if store is None:
                raise NoStoreError(
                    f"the file {name} that the task has left needs an object store, and this"
                    f" installation has none; {TO_HAVE_A_STORE}"
                )
            self._keep(store, f"jobs/{one.job_uid}/files/{one.name}/{name}", path)

    def _keep(self, store: ObjectStore, key: str, path: Path) -> None:
        tried(lambda: store.put_file(key, path), self._reports.lost)
        self._step()

    def _finish(self, outcome: AttemptOutcome, success: dict[str, Any]) -> None:
        seen = shown(outcome.display, outcome.progress, outcome.status_text)
        ended = record(outcome, self._assignment.attempt, self._pod.settings.uid)
        self._reports.finish({**seen, **success, "outcome": ended})


def _instead(outcome: AttemptOutcome, kind: OutcomeKind, error: Exception) -> AttemptOutcome:
    """Return what an outcome becomes that cannot be recorded; a failure stays what it is."""
    if outcome.kind is not OutcomeKind.SUCCEEDED:
        return outcome
    return _like(outcome, own_outcome(kind, error, outcome.version))


def _refused(outcome: AttemptOutcome, refused: RefusedError) -> AttemptOutcome:
    error = InvalidRequestError(
        f"the API server takes nothing of what the task ended with: {refused.message[:2000]}"
    )
    return _like(outcome, own_outcome(OutcomeKind.NON_RETRYABLE, error, outcome.version))


def _like(outcome: AttemptOutcome, other: AttemptOutcome) -> AttemptOutcome:
    """Return another outcome for the same attempt, which took what it took."""
    other.usage = outcome.usage
    return other
