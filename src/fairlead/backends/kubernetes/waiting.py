"""Waiting in this process for what the cluster does, and showing what it says meanwhile."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from fairlead.api.identity import job_identity
from fairlead.backends.kubernetes.showing import Shown
from fairlead.backends.kubernetes.views import title_of
from fairlead.backends.kubernetes.waits import Waits
from fairlead.backends.kubernetes.words import Object, job_state, status_of, task_state, uid_of
from fairlead.core.states import FINAL_JOB_STATES, FINAL_TASK_STATES, JobState

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend

A_MOMENT = 0.05
"""Seconds; who waits no longer than this only wants to know how it stands."""

LOOK_AGAIN = 0.5
"""Seconds between looks for jobs that may still run."""


class Waiting:
    """All waits of one backend.

    Parameters
    ----------
    backend
        What is waited for.
    """

    def __init__(self, backend: KubernetesBackend) -> None:
        self._backend = backend
        self._waits = Waits(backend.rest, backend.namespace)
        self._guard = threading.Lock()
        self._shown: dict[str, Shown | None] = {}
        self._closed = threading.Event()

    def close(self) -> None:
        """Wait for nothing any more."""
        self._closed.set()
        self._waits.close()

    def show(self, job_uid: str) -> None:
        """Take a job for this program's: what its tasks say is shown while it is waited for."""
        with self._guard:
            self._shown.setdefault(job_uid, None)

    def for_job(self, id: str, timeout: float | None) -> None:
        """Return once a job is final, or when time is up."""
        job = self._backend.lookup.job(id)
        if job_state(job) in FINAL_JOB_STATES:
            self._show_rest(job, f"{id}, run {job['spec'].get('run', 1)}")
            return
        if timeout is not None and timeout <= A_MOMENT:
            return
        with self._told(job), self._waits.on(job) as watch, self._showing(job):
            watch.wait(watch.job_is_over, timeout)

    def for_task(self, id: str, timeout: float | None) -> None:
        """Return once a task is final, or will not change any more, or when time is up."""
        task = self._backend.lookup.task(id)
        final = task_state(task) in FINAL_TASK_STATES
        if final and self._is_shown(task):
            return
        if timeout is not None and timeout <= A_MOMENT:
            return
        job = self._backend.lookup.job_of(task)
        if final:
            self._show_rest(job, id)
            return
        with self._told(job), self._waits.on(job) as watch, self._showing(job):
            watch.wait(lambda: watch.task_is_over(id), timeout)

    def _is_shown(self, task: Object) -> bool:
        """Return whether nothing that a task which has ended said is left to be shown here."""
        uid = task["spec"]["jobUID"]
        if uid not in self._shown:
            return True
        shown = self._shown[uid]
        return shown is not None and task["spec"].get("id") in shown.ended

    def _show_rest(self, job: Object, ended: str) -> None:
        """Show what was said by something that has ended, unless that was done before."""
        shown = self._shown_of(job)
        if shown is not None and ended not in shown.ended:
            shown.catch_up()
            shown.ended.add(ended)

    def call_at_end(self, id: str, callback: Callable[[], None]) -> None:
        """Call back, from any thread, once a task will not change any more."""
        task = self._backend.lookup.task(id)
        job = self._backend.lookup.job_of(task)
        if task_state(task) in FINAL_TASK_STATES or job_state(job) in FINAL_JOB_STATES:
            callback()
        else:
            self._waits.call_at_end(job, id, callback)

    def for_all(self, id: str | None) -> None:
        """Return once nothing runs or could run by itself, of one job or of this program's.

        What others have submitted is none of this program's business.
        """
        while True:
            jobs = self._own_jobs() if id is None else [self._backend.lookup.job(id)]
            job = next((one for one in jobs if _may_go_on(one)), None)
            if job is None:
                return
            with self._told(job), self._waits.on(job) as watch, self._showing(job):
                watch.wait(watch.job_is_over, LOOK_AGAIN)

    def _own_jobs(self) -> list[dict[str, Any]]:
        if not self._shown:
            return []
        return [job for job in self._backend.lookup.jobs() if uid_of(job) in self._shown]

    def for_ever(self) -> None:
        """Return once the backend is closed."""
        self._closed.wait()

    @contextmanager
    def _showing(self, job: Object) -> Iterator[None]:
        shown = self._shown_of(job)
        with shown or nullcontext():
            yield
        if shown is not None:
            shown.catch_up()

    def _shown_of(self, job: Object) -> Shown | None:
        uid = uid_of(job)
        with self._guard:
            if uid not in self._shown:
                return None
            shown = self._shown[uid]
            if shown is None:
                shown = self._shown[uid] = Shown(self._backend.records.source(job))
            return shown

    @contextmanager
    def _told(self, job: Object) -> Iterator[None]:
        """Say on Ctrl-C that the job goes on, and how to follow it."""
        try:
            with _slot_given_up():
                yield
        except KeyboardInterrupt:
            print(
                f"Job {title_of(job)} goes on in the cluster; `fairlead jobs watch"
                f" {job_identity(job)}` follows it.",
                file=sys.stderr,
            )
            raise


def _may_go_on(job: Object) -> bool:
    """Return whether something of a job may run without anybody's doing."""
    state = job_state(job)
    if state in FINAL_JOB_STATES or state is JobState.SUSPENDED:
        return False
    return "tasks" in job["spec"] or job["spec"].get("closed") is not None or _has_open(job)


def _has_open(job: Object) -> bool:
    """Return whether an open job has tasks that have not ended."""
    counts = status_of(job).get("tasks") or {}
    return any(counts.get(name) for name in ("queued", "running", "computed"))


def _slot_given_up() -> Any:
    """Return a block during which a task that waits here does not take up its runner."""
    worker = sys.modules.get("fairlead.runner.worker")
    return worker.blocked() if worker is not None else nullcontext()
