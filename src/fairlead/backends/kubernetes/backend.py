"""The kubernetes backend: jobs are objects in a cluster, and Fairlead's operator runs them.

This process only writes down what is wanted and looks at what became of it, so a job goes
on whether or not anybody waits for it.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from fairlead.api import labels
from fairlead.backends.kubernetes import asking, files, machines, metadata, submitting, views
from fairlead.backends.kubernetes.access import open_client
from fairlead.backends.kubernetes.failures import attempt_views
from fairlead.backends.kubernetes.listing import job_views, newest_tasks
from fairlead.backends.kubernetes.lookup import Lookup
from fairlead.backends.kubernetes.publishing import Publisher
from fairlead.backends.kubernetes.pulses import Pulses
from fairlead.backends.kubernetes.records import Records
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.results import owner, result
from fairlead.backends.kubernetes.retrying import retry
from fairlead.backends.kubernetes.sessions import OpenJobs
from fairlead.backends.kubernetes.storage import Storage
from fairlead.backends.kubernetes.submitted import submitted
from fairlead.backends.kubernetes.waiting import Waiting
from fairlead.backends.kubernetes.words import name_of, uid_of
from fairlead.core.states import JobState, TaskState
from fairlead.errors import FairleadError
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


class KubernetesBackend:
    """Jobs in one namespace of a cluster.

    Parameters
    ----------
    rest
        A client of the API server; by default, of the cluster that the kubeconfig or the
        pod around this process names.
    namespace
        The namespace; by default ``FAIRLEAD_NAMESPACE``, or what the kubeconfig says.
    """

    def __init__(self, rest: RestClient | None = None, namespace: str | None = None) -> None:
        settings.check()
        self.rest = rest or open_client()
        self.namespace = namespace or self.rest.connection.namespace
        self.storage = Storage(self.namespace)
        self.lookup = Lookup(self.rest, self.namespace)
        self.publisher = Publisher(self)
        self.pulses = Pulses(self.rest, self.namespace)
        self.open_jobs = OpenJobs(self)
        self.waiting = Waiting(self)
        self.records = Records(self)
        self._process = os.getpid()
        atexit.register(self._at_exit)

    def _at_exit(self) -> None:
        if os.getpid() == self._process:
            with suppress(FairleadError):  # the cluster may be gone as well
                self.open_jobs.abandon()
            self.close()

    def close(self) -> None:
        """Follow nothing any more; what was submitted goes on."""
        self.pulses.close()
        self.waiting.close()
        self.rest.close()

    # --- submitting ---------------------------------------------------------------

    def submit(self, job: NewJob) -> None:
        """Make a job and its tasks, all or nothing."""
        made = submitting.submit(self, job)
        self.lookup.remember(made, [task.id for task in job.tasks])
        self.waiting.show(uid_of(made))
        if not job.closed:
            self.open_jobs.opened(made, job.program)

    def submitted(self, job_id: str) -> NewJob:
        """Return a job as it was submitted, with its top-level tasks."""
        return submitted(self.lookup.tree(self.lookup.job(job_id)), self.storage.value)

    def lineage(self, job: NewJob) -> Mapping[str, Any] | None:
        """Return the reference to the job that a new one is made from."""
        if job.lineage is None:
            return None
        original = self.lookup.job(job.lineage)
        return {"job": name_of(original), "uid": uid_of(original), "kind": "Clone"}

    def add_tasks(self, job_id: str, tasks: Sequence[NewTask]) -> None:
        """Add top-level tasks to an open job."""
        self.open_jobs.add(job_id, tasks)

    def close_job(self, job_id: str) -> None:
        """Say that no more tasks will be added."""
        self.open_jobs.close(job_id)

    # --- looking ------------------------------------------------------------------

    def find_job(self, id_or_name: str) -> str:
        """Return the id of the job with that id, else of the newest with that name."""
        return self.lookup.find_job(id_or_name)

    def job(self, job_id: str) -> JobView:
        """Return a job as it is recorded now."""
        job = self.lookup.job(job_id)
        return views.job_view(job, self.lookup.first_failed(job), self.lookup.lineage_of(job))

    def jobs(
        self, *, name: str | None = None, states: Sequence[JobState] = (), limit: int = 100
    ) -> list[JobView]:
        """Return jobs, the newest first."""
        return job_views(self.lookup.jobs(), name, states, limit)

    def tasks(self, job_id: str, *, history: bool = False) -> list[TaskView]:
        """Return the job's tasks in order of creation; with history, superseded ones too."""
        return views.task_views(self.lookup.tree(self.lookup.job(job_id)), history=history)

    def task(self, task_id: str) -> TaskView:
        """Return a task as it is recorded now."""
        return views.task_view(*self.lookup.found(task_id))

    def attempts(self, task_id: str) -> list[AttemptView]:
        """Return a task's attempts in order."""
        return attempt_views(self.lookup.task(task_id))

    def find_tasks(
        self, *, ids: Sequence[str] = (), states: Sequence[TaskState] = (), limit: int = 100
    ) -> list[TaskView]:
        """Return tasks of all jobs, the newest first."""
        if ids:
            found = [self.task(id) for id in ids]
            return [view for view in found if not states or view.state in states][:limit]
        return newest_tasks(self.lookup, states, limit)

    def result(self, task_id: str) -> bytes | None:
        """Return a completed task's result as JSON, following results that are futures."""
        newest = self.lookup.newest(self.lookup.task(task_id))
        return result(newest, self.lookup.tasks, self.storage.value)

    def result_owner(self, task_id: str) -> str:
        """Return the id of the task whose result it is: itself, unless it returned a future."""
        task = self.lookup.newest(self.lookup.task(task_id))
        wrote = owner(task, self.lookup.tasks)
        return task_id if wrote is task else views.task_id(wrote)

    def logs(
        self, *, job_id: str | None = None, task_id: str | None = None, follow: bool = False
    ) -> Iterator[LogRecord]:
        """Return log records in order; with follow, until the job or task has ended."""
        if task_id is not None:
            return self.records.of_task(task_id, follow=follow)
        return self.records.of_job(job_id or "", follow=follow)

    def queue_position(self, task_id: str) -> int | None:
        """Return how many tasks are ahead of this one; None once it has started."""
        return machines.queue_position(self, task_id)

    def metadata(self, task_id: str) -> dict[str, str]:
        """Return what users noted about a task."""
        return metadata.noted(self.lookup.task(task_id))

    def set_metadata(self, task_id: str, metadata_: Mapping[str, str]) -> None:
        """Replace what is noted about a task."""
        metadata.note(self, task_id, metadata_)

    def files(self, task_id: str) -> list[str]:
        """Return the paths of the files a task has written, relative to its folder."""
        store = self.storage.noted("the files of tasks")
        return [] if store is None else files.listing(store, self._files_folder(task_id))

    def download(self, task_id: str, target: str) -> list[str]:
        """Copy a task's files into a folder; return what was written."""
        store = self.storage.store("the files of tasks")
        return files.copy(store, self._files_folder(task_id), Path(target))

    def _files_folder(self, task_id: str) -> str:
        task = self.lookup.task(task_id)
        return files.folder(task["spec"]["jobUID"], name_of(task) or "none")

    def cache(self, job_id: str) -> JobCache:
        """Return the job's cache, as readable from outside its tasks."""
        from fairlead.backends.kubernetes.jobcache import job_cache

        return job_cache(self, self.lookup.job(job_id))

    # --- asking -------------------------------------------------------------------

    def cancel_job(self, job_id: str) -> None:
        """Cancel a job."""
        self.open_jobs.forget(job_id)
        asking.change_job(self, job_id, {"desired": "Cancelled"}, f"cancelling job {job_id}")

    def suspend_job(self, job_id: str) -> None:
        """Let nothing new of a job start."""
        asking.change_job(self, job_id, {"desired": "Suspended"}, f"suspending job {job_id}")

    def resume_job(self, job_id: str) -> None:
        """End a job's suspension."""
        asking.change_job(self, job_id, {"desired": "Running"}, f"resuming job {job_id}")
        self.waiting.show(uid_of(self.lookup.job(job_id)))

    def cancel_task(self, task_id: str) -> None:
        """Discard whatever the task is doing and cancel it and its descendants."""
        asking.change_task(self, task_id, labels.CANCELLED)

    def stop_task(self, task_id: str) -> None:
        """Ask the task to stop; what it returns is kept."""
        asking.change_task(self, task_id, labels.STOPPED)

    def retry_job(self, job_id: str) -> int:
        """Open the job's next run; return how many tasks will run again."""
        renewed = retry(self, job_id)
        self.waiting.show(uid_of(self.lookup.job(job_id)))
        return renewed

    def delete_job(self, job_id: str) -> None:
        """Remove a job that has ended, with its tasks, logs and files."""
        asking.delete_job(self, job_id)

    # --- waiting and running ------------------------------------------------------

    def wait_task(self, task_id: str, timeout: float | None) -> TaskView:
        """Wait until the task is final or time is up; the cluster drives its job."""
        self.waiting.for_task(task_id, timeout)
        return self.task(task_id)

    def wait_job(self, job_id: str, timeout: float | None) -> JobView:
        """Wait until the job is final or time is up; the cluster drives it."""
        self.waiting.for_job(job_id, timeout)
        return self.job(job_id)

    def on_task_end(self, task_id: str, callback: Callable[[], None]) -> None:
        """Call back, from any thread, once the task is final (now, if it is)."""
        self.waiting.call_at_end(task_id, callback)

    def run_all(self, options: RunnerOptions, job_id: str | None = None) -> None:
        """Wait until nothing of this program runs any more: the cluster is what runs it."""
        if job_id is not None:
            self.waiting.show(uid_of(self.lookup.job(job_id)))
        self.waiting.for_all(job_id)

    def run_forever(self, options: RunnerOptions) -> None:
        """Wait until interrupted: the cluster runs whatever comes."""
        print("The cluster runs its jobs by itself; nothing runs in this process.", file=sys.stderr)
        self.waiting.for_ever()

    # --- machines -----------------------------------------------------------------

    def start_machines(self, name: str, size: str, minimum: int, maximum: int) -> None:
        """Make a machine group."""
        machines.start(self, name, size, minimum, maximum)

    def terminate_machines(self, name: str) -> None:
        """Let nothing more start on this machine group."""
        machines.terminate(self, name)

    def machines(self) -> list[dict[str, Any]]:
        """Return the machine groups of the namespace."""
        return machines.listing(self)
