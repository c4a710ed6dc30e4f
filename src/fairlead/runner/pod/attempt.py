"""One attempt of a task in this pod, from its assignment to its last write."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from fairlead.core import versions
from fairlead.errors import (
    BackendError,
    DependencyError,
    FairleadError,
    InvalidRequestError,
    ProgramError,
    ReleaseError,
)
from fairlead.runner.pod.archive import LogArchive
from fairlead.runner.pod.assignment import Assignment, Object, is_held
from fairlead.runner.pod.context import Pod
from fairlead.runner.pod.delivery import Delivery
from fairlead.runner.pod.errors import GroundGoneError, NotHeldError, StoppedWaitingError
from fairlead.runner.pod.following import Follower
from fairlead.runner.pod.guard import Guard
from fairlead.runner.pod.outcomes import own_outcome
from fairlead.runner.pod.pulse import Pulse
from fairlead.runner.pod.reports import Reports
from fairlead.runner.pod.settings import ListedTask
from fairlead.runner.pod.showing import EVERY, Shower, shown
from fairlead.runner.pod.stage import Stage
from fairlead.runner.pod.upstream import Results
from fairlead.runner.pod.values import Values
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome, OutcomeKind
from fairlead.sdk.logs import format_line

if TYPE_CHECKING:
    from fairlead.sdk.backend import Progress
    from fairlead.sdk.cache import JobCache


WATCHED_AFTER = 0.3
"""Seconds after which an attempt's Task is watched: a short task has ended by then, and a watch
costs the API server more than the write that ends it."""


class PodBrokenError(BackendError):
    """The release cannot be loaded, or the store not be opened: this pod is of no use."""


class Attempt:
    """The present attempt; the :class:`fairlead.runner.pod.stage.Player` of it."""

    def __init__(self, pod: Pod, assignment: Assignment) -> None:
        self.assignment = assignment
        self._pod = pod
        self._lost = threading.Event()
        self._broken: PodBrokenError | None = None
        settings = pod.settings
        self._reports = Reports(pod.api, settings.name, settings.uid, assignment, self._lost)
        most = pod.ground.most_input
        self._values = Values(pod.store, assignment.job_uid, self._lost, most)
        folder = f"jobs/{assignment.job_uid}/logs/{assignment.name}/{assignment.attempt}"
        self._archive = LogArchive(pod.store, folder)
        self._shower = Shower(self._reports)
        self._pulse = Pulse(self._reports)
        self._delivery = Delivery(pod, assignment, self._reports, self._values, self._pulse.step)
        self._stops = [assignment.stop] if assignment.stop else []

    def run(self) -> None:
        """See the attempt through, until its outcome is recorded or it is discarded.

        Raises
        ------
        PodBrokenError
            If no task can run here; this one has been told.
        """
        watch = Follower(
            self._pod.api,
            self._seen,
            self.assignment.resource_version,
            WATCHED_AFTER,
            fieldSelector=f"metadata.name={self.assignment.name}",
        )
        try:
            outcome = self._outcome()
            self._shower.close()
            with self._pulse:
                self._archive.close()
                if not self._lost.is_set():
                    self._delivery.deliver(outcome)
        except (NotHeldError, StoppedWaitingError):
            pass  # whatever it did is for nobody
        except GroundGoneError as error:
            # Whether memory ran out there, only the cluster can tell.
            self._broken = PodBrokenError(f"{error}; what became of it is not known here")
        finally:
            self._shower.close()
            watch.close()
        if self._broken is not None:
            raise self._broken

    def _outcome(self) -> AttemptOutcome:
        """Run the task, or find out why it cannot be run."""
        try:
            return self._ran()
        except (GroundGoneError, NotHeldError, StoppedWaitingError):
            raise
        except (ProgramError, ReleaseError, InvalidRequestError, DependencyError) as error:
            return own_outcome(OutcomeKind.NON_RETRYABLE, error)
        except FairleadError as error:
            return own_outcome(OutcomeKind.LOST, error)
        except Exception as error:
            # Whatever it is, the operator is to hear of it: a pod that ends without a word
            # before its task began is made again and again.
            traceback.print_exc()
            self._broken = PodBrokenError(f"the runner itself failed: {error!r}")
            return own_outcome(OutcomeKind.LOST, self._broken)

    def _ran(self) -> AttemptOutcome:
        since = time.monotonic()
        order = self._order()
        stage = self._stage(self._pod.loading.limit(since, order.timeout))
        if isinstance(stage, AttemptOutcome):
            return stage
        if self._pod.terminating.is_set():
            return _released()
        order.started = time.time()
        self._reports.begin(order.started)
        stage.play(order, self)
        guard = Guard(self._pod, stage, self.assignment, order.timeout)
        for how in self._stops:
            guard.stop(how)
        return guard.judged(self._awaited(guard))

    def _stage(self, limit: float) -> Stage | AttemptOutcome:
        """Wait for the release to be loaded; return how the attempt ends if that is in vain."""
        while (stage := self._loaded()) is None:
            left = limit - time.monotonic()
            if self._pod.terminating.is_set() or "Cancel" in self._stops:
                return _released()
            if left <= 0 or "Timeout" in self._stops:
                return self._not_loaded()
            message = self._pod.inbox.get(self, left)
            if message is not None and message.what == "stop":
                self._stops.append(message.value)
            if self._lost.is_set():
                raise NotHeldError(f"{self.assignment.name} is not held any more")
        return stage

    def _loaded(self) -> Stage | None:
        try:
            return self._pod.loading.stage()
        except FairleadError as error:
            self._check_ground()
            self._broken = PodBrokenError(str(error))
            raise

    def _not_loaded(self) -> AttemptOutcome:
        error, stack = self._pod.loading.too_slow()
        if stack:
            print(stack, file=sys.stderr, flush=True)
        self._broken = PodBrokenError(str(error))
        return own_outcome(OutcomeKind.NEVER_STARTED, error, stack=stack)

    def _order(self) -> AttemptOrder:
        one = self.assignment
        spec = one.spec
        chosen = chosen_task(
            self._pod.settings.release.tasks, spec, self._pod.settings.release.name
        )
        refs, upstream = Results(self._pod.api, self._values, self._lost).of(one)
        data = self._values.read(spec.get("input"), spec.get("inputRef"))
        seconds = spec.get("timeoutSeconds")
        return AttemptOrder(
            job_id=one.job_uid,
            task_id=one.task_id,
            attempt=one.attempt,
            identifier=spec["identifier"],
            version=spec["version"],
            source=None,
            input=b"{}" if data is None else data,
            refs=refs,
            upstream=upstream,
            display=spec.get("display"),
            depth=int(spec.get("depth") or 0),
            timeout=chosen.timeout if seconds is None else float(seconds),
            chosen=(chosen.version, chosen.entry_point),
        )

    def _awaited(self, guard: Guard) -> AttemptOutcome:
        """Wait for the outcome; see to it that the task stays within its bounds."""
        speak_at = time.monotonic() + EVERY
        while True:
            message = self._pod.inbox.get(self, guard.look())
            if self._reports.owes_its_start and time.monotonic() > speak_at:
                self._shower.show({})  # a long task that shows nothing: when did it start?
                speak_at += EVERY
            if message is None:
                continue
            if message.what == "finished":
                outcome: AttemptOutcome = message.value
                if outcome.kind is OutcomeKind.LOST:
                    self._check_ground()
                return outcome
            if message.what == "lost":
                guard.give_up()
            elif message.what == "stop":
                guard.stop(message.value)

    def _check_ground(self) -> None:
        """Raise GroundGoneError if what has failed did so because its container has ended."""
        if self._pod.ground.gone:
            raise GroundGoneError("The container with the task's code has ended")

    # --- from the thread that watches the Task ----------------------------------------

    def _seen(self, task: Object, gone: bool) -> None:
        if gone or not is_held(task, self._pod.settings.name, self.assignment):
            self._lost.set()
            self._pod.inbox.put(self, "lost")
            return
        stop = (task.get("status") or {}).get("stop")
        if stop:
            self._pod.inbox.put(self, "stop", stop)

    # --- from the pool's thread -------------------------------------------------------

    def finished(self, outcome: AttemptOutcome) -> None:
        """Take the outcome."""
        self._pod.inbox.put(self, "finished", outcome)

    def logged(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Show a log line on the pod's own, and keep it."""
        if level != "debug":
            print(format_line(message, fields), file=sys.stderr, flush=True)
        self._archive.add(level, message, fields)

    def printed(self, stream: str, text: str) -> None:
        """Keep printed lines; the pool shows them."""
        for line in text.removesuffix("\n").split("\n"):
            self._archive.add(stream, line, {})

    def reported(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        """Let others see what the task shows of itself."""
        self._shower.show(shown(display, progress, status_text))

    def cache(self) -> JobCache:
        """Return the job's cache as committed."""
        return self._delivery.cache.committed()


def _released() -> AttemptOutcome:
    error = BackendError("The attempt was ended before the task began.")
    return own_outcome(OutcomeKind.RELEASED, error)


def chosen_task(
    listed: tuple[ListedTask, ...], spec: dict[str, Any] | Any, release: str
) -> ListedTask:
    """Return the listed definition that is to run a task.

    Raises
    ------
    ProgramError
        If the release lists none that may.
    """
    identifier, version = spec["identifier"], spec["version"]
    known = {one.version: one for one in listed if one.identifier == identifier}
    best = versions.best(version, known)
    if best is None:
        here = ", ".join(sorted(known, key=versions.parse)) or "none"
        raise ProgramError(
            f"release {release} cannot run {identifier} {version}: that needs"
            f" {versions.wanted(version)}, and of {identifier} it has {here}"
        )
    return known[best]
