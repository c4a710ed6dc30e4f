"""The local backend: the store, the engines that drive its jobs, and what can be asked.

One engine runs whatever is waited for in this process; each ``run_all`` has one of its
own, because it may know other definitions and use other workers.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any

from fairlead.backends.local import files, following, machines, submitting, views, waiting
from fairlead.backends.local.engine import Engine
from fairlead.backends.local.requests import Kind, request
from fairlead.backends.local.retrying import retry
from fairlead.backends.local.serving import serve
from fairlead.backends.local.store import Store, job_of, open_store, task_range
from fairlead.backends.local.storecache import StoreCache
from fairlead.backends.local.submitted import submitted
from fairlead.backends.local.upstream import owner, resolve
from fairlead.backends.local.waiters import Waiters
from fairlead.backends.local.watching import Watcher
from fairlead.core.states import JobState, TaskState
from fairlead.errors import JobBusyError, NotFoundError, StoreError
from fairlead.sdk import settings
from fairlead.sdk.backend import (
    AttemptView,
    JobView,
    LogRecord,
    NewJob,
    NewTask,
    RunnerOptions,
    TaskView,
)
from fairlead.sdk.cache import JobCache


class LocalBackend:
    """Jobs in one SQLite file, run by the processes that open it."""

    def __init__(self, store: Store | None = None) -> None:
        settings.check()
        self.store = store or open_store()
        self._process = os.getpid()
        # Replaced, never changed: other threads go through it without a lock.
        self.engines: tuple[Engine, ...] = ()
        self._engines_guard = threading.Lock()
        self.waiters = Waiters()
        self._watcher = Watcher(self)
        self._own: Engine | None = None
        self._guard = threading.Lock()
        atexit.register(self._at_exit)

    # --- engines ------------------------------------------------------------------

    def own_engine(self) -> Engine:
        """Return the engine that drives what is waited for in this process."""
        with self._guard:
            if self._own is not None and self._own.error is not None:
                self.close_engine(self._own)
                self._own = None
            if self._own is None:
                self._own = self.open_engine(RunnerOptions())
            return self._own

    def open_engine(self, options: RunnerOptions) -> Engine:
        """Return a new engine; the caller closes it."""
        engine = Engine(self.store, options, self.waiters)
        with self._engines_guard:
            self.engines = (*self.engines, engine)
        return engine

    def close_engine(self, engine: Engine) -> None:
        """Release the jobs of an engine and end its workers."""
        engine.close()
        with self._engines_guard:
            self.engines = tuple(one for one in self.engines if one is not engine)

    def driver(self, job: int) -> Engine | None:
        """Return the engine of this process that drives a job, if one does."""
        return next((engine for engine in self.engines if job in engine.jobs), None)

    def _at_exit(self) -> None:
        # A copy of this process, forked by its user, leaves what is this one's alone.
        if os.getpid() == self._process:
            self.interrupted()
            self.close()

    def close(self) -> None:
        """Release every job driven here; what runs goes back to the queue."""
        for engine in self.engines:
            self.close_engine(engine)
        self._own = None

    def interrupted(self) -> None:
        """Put back what runs here, charged to nobody, and say how to go on."""
        numbers = [number for engine in self.engines for number in list(engine.jobs)]
        for engine in self.engines:
            for number in list(engine.jobs):
                engine.release(number)
        for name, job_id in self.store.read_many(
            "SELECT name, id FROM job WHERE no IN ({}) AND ended IS NULL AND closed", numbers
        ):
            print(
                f"Job {name} is not finished; it keeps what is done."
                f" `fairlead jobs run {job_id}` continues it.",
                file=sys.stderr,
            )

    # --- submitting ---------------------------------------------------------------

    def submit(self, job: NewJob) -> None:
        """Store a job and its tasks, all or nothing, synced to disk."""
        number = submitting.store_job(self.store, job)
        if not job.closed:
            # A session is driven by its program from the start: once the program is
            # gone its lock is free, and whoever finds it so closes the session.
            self.own_engine().drive_session(number)

    def submitted(self, job_id: str) -> NewJob:
        """Return a job as it was submitted, with its top-level tasks."""
        return submitted(self.store, self.store.job_number(job_id))

    def add_tasks(self, job_id: str, tasks: Sequence[NewTask]) -> None:
        """Add top-level tasks to an open job."""
        number = self.store.job_number(job_id)
        engine = self.driver(number)
        if engine is None:
            raise JobBusyError(
                f"Job {job_id} takes no tasks here: it has ended, or another process drives it. "
                "Tasks are added by the program that opened the session."
            )
        engine.call(lambda now, batch: engine.add_tasks(number, tasks, now, batch))

    def close_job(self, job_id: str) -> None:
        """Say that no more tasks will be added."""
        self._request(job_id, "close")

    # --- looking ------------------------------------------------------------------

    def find_job(self, id_or_name: str) -> str:
        """Return the id of the job with that id, else of the newest with that name."""
        return views.newest_job(self.store, id_or_name)

    def job(self, job_id: str) -> JobView:
        """Return a job as it is recorded now."""
        number = self.store.job_number(job_id)
        found = views.job_view(self.store, number)
        return views.job_view(self.store, number) if self._close_abandoned([found]) else found

    def jobs(
        self, *, name: str | None = None, states: Sequence[JobState] = (), limit: int = 100
    ) -> list[JobView]:
        """Return jobs, the newest first."""
        found = views.job_views(self.store, name, states, limit)
        if self._close_abandoned(found):
            return views.job_views(self.store, name, states, limit)
        return found

    def _close_abandoned(self, found: Sequence[JobView]) -> bool:
        """Close the sessions whose programs have died; return whether there was one."""
        abandoned = [job for job in found if views.is_abandoned(job)]
        with suppress(StoreError):  # whoever only looks is shown them as they are
            for job in abandoned:
                self.own_engine().drive(self.store.job_number(job.id))
        return bool(abandoned)

    def tasks(self, job_id: str, *, history: bool = False) -> list[TaskView]:
        """Return the job's tasks in order of creation; with history, superseded ones too."""
        number = self.store.job_number(job_id)
        return views.task_views_of_job(self.store, number, history=history)

    def task(self, task_id: str) -> TaskView:
        """Return a task as it is recorded now."""
        return views.task_views(self.store, [self.store.task_number(task_id)])[0]

    def attempts(self, task_id: str) -> list[AttemptView]:
        """Return a task's attempts in order."""
        return views.attempt_views(self.store, self.store.task_number(task_id))

    def find_tasks(
        self, *, ids: Sequence[str] = (), states: Sequence[TaskState] = (), limit: int = 100
    ) -> list[TaskView]:
        """Return tasks of all jobs, the newest first."""
        return views.newest_task_views(self.store, ids, states, limit)

    def result(self, task_id: str) -> bytes | None:
        """Return a completed task's result as JSON, following results that are futures."""
        found = resolve(self.store.reader(), {task_id}).get(task_id)
        if found is None:
            raise NotFoundError(f"No task has the id {task_id!r} in this store.")
        return found.result

    def result_owner(self, task_id: str) -> str:
        """Return the id of the task whose result it is: itself, unless it returned a future."""
        return owner(self.store.reader(), task_id)

    def logs(
        self, *, job_id: str | None = None, task_id: str | None = None, follow: bool = False
    ) -> Iterator[LogRecord]:
        """Return log records in order; with follow, until the job or task has ended."""
        if task_id is not None:
            number = self.store.task_number(task_id)
            return following.records(self.store, job_of(number), number, number, follow)
        job = self.store.job_number(job_id or "")
        return following.records(self.store, job, *task_range(job), follow)

    def queue_position(self, task_id: str) -> int | None:
        """Return how many tasks are ahead of this one; None once it has started."""
        return machines.queue_position(self.store, self.store.task_number(task_id))

    def metadata(self, task_id: str) -> dict[str, str]:
        """Return what users noted about a task."""
        number = self.store.task_number(task_id)
        return dict(
            self.store.read(
                "SELECT key, value FROM task_metadata WHERE task = ? ORDER BY key", (number,)
            )
        )

    def set_metadata(self, task_id: str, metadata: Mapping[str, str]) -> None:
        """Replace what is noted about a task."""
        number = self.store.task_number(task_id)
        with self.store.transaction(synced=True) as connection:
            connection.execute("DELETE FROM task_metadata WHERE task = ?", (number,))
            connection.executemany(
                "INSERT INTO task_metadata (task, key, value) VALUES (?, ?, ?)",
                [(number, key, value) for key, value in metadata.items()],
            )

    def files(self, task_id: str) -> list[str]:
        """Return the paths of the files a task has written, relative to its folder."""
        return files.listing(self._files_folder(task_id))

    def download(self, task_id: str, target: str) -> list[str]:
        """Copy a task's files into a folder; return what was written."""
        return files.copy(self._files_folder(task_id), Path(target))

    def _files_folder(self, task_id: str) -> Path:
        number = self.store.task_number(task_id)
        job_id = self.store.read("SELECT id FROM job WHERE no = ?", (job_of(number),))[0][0]
        return self.store.files_folder(job_id, task_id)

    def cache(self, job_id: str) -> JobCache:
        """Return the job's cache, as readable from outside its tasks."""
        number = self.store.job_number(job_id)
        return self.store.caches.get(number) or StoreCache(self.store, number)

    # --- asking -------------------------------------------------------------------

    def _request(self, job_id: str, kind: Kind, task: int | None = None) -> None:
        request(self, self.store.job_number(job_id), kind, task)

    def cancel_job(self, job_id: str) -> None:
        """Cancel a job."""
        self._request(job_id, "cancel")

    def suspend_job(self, job_id: str) -> None:
        """Let nothing new of a job start."""
        self._request(job_id, "suspend")

    def resume_job(self, job_id: str) -> None:
        """End a job's suspension."""
        self._request(job_id, "resume")

    def cancel_task(self, task_id: str) -> None:
        """Discard whatever the task is doing and cancel it and its descendants."""
        number = self.store.task_number(task_id)
        request(self, job_of(number), "cancel_task", number)

    def stop_task(self, task_id: str) -> None:
        """Ask the task to stop; what it returns is kept."""
        number = self.store.task_number(task_id)
        request(self, job_of(number), "stop_task", number)

    def retry_job(self, job_id: str) -> int:
        """Open the job's next run; return how many tasks will run again."""
        return retry(self.store, self.store.job_number(job_id))

    def delete_job(self, job_id: str) -> None:
        """Remove a job that nobody drives, with its tasks, logs and files."""
        submitting.delete_job(self.store, self.store.job_number(job_id), job_id)

    # --- waiting and running ------------------------------------------------------

    def wait_task(self, task_id: str, timeout: float | None) -> TaskView:
        """Wait until the task is final (driving its job if nobody else does) or time is up."""
        number = self.store.task_number(task_id)
        waiting.wait(self, job_of(number), number, timeout)
        return self.task(task_id)

    def wait_job(self, job_id: str, timeout: float | None) -> JobView:
        """Wait until the job is final (driving it if nobody else does) or time is up."""
        waiting.wait(self, self.store.job_number(job_id), None, timeout)
        return self.job(job_id)

    def on_task_end(self, task_id: str, callback: Callable[[], None]) -> None:
        """Call back, from any thread, once the task is final (now, if it is)."""
        number = self.store.task_number(task_id)
        self.waiters.add_task(number, callback)
        self._watcher.watch(number)

    def run_all(self, options: RunnerOptions, job_id: str | None = None) -> None:
        """Run until nothing is runnable here now or by the passing of time."""
        only = None if job_id is None else self.store.job_number(job_id)
        serve(self, options, only=only)

    def run_forever(self, options: RunnerOptions) -> None:
        """Run whatever comes, until interrupted."""
        serve(self, options, forever=True)

    # --- machines -----------------------------------------------------------------

    def start_machines(self, name: str, size: str, minimum: int, maximum: int) -> None:
        """Let runs on this machine group start."""
        machines.start(self.store, name, size, minimum, maximum, time())
        for engine in self.engines:
            engine.refresh()

    def terminate_machines(self, name: str) -> None:
        """Let nothing more start on this machine group."""
        machines.terminate(self.store, name)

    def machines(self) -> list[dict[str, Any]]:
        """Return the machine groups of this store."""
        return machines.listing(self.store)
