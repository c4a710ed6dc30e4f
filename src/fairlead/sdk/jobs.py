"""Jobs as a program sees them: submitted, found, waited for, changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from fairlead.core.ids import IdSequence
from fairlead.core.states import JobState
from fairlead.errors import InvalidRequestError, JobFailedError, TaskCancelledError
from fairlead.sdk.backend import JobView, LogRecord, TaskView
from fairlead.sdk.failures import error_of
from fairlead.sdk.new_jobs import new_id, new_job
from fairlead.sdk.options import Options, check_wait
from fairlead.sdk.outcomes import decoded_result
from fairlead.sdk.programs import about_to_start_work

if TYPE_CHECKING:
    from fairlead.sdk.client import Client
    from fairlead.sdk.picture import JobPicture

ENDED = frozenset({JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED})
"""The states in which a job stays until it is retried."""


class Job:
    """One job, by its id; everything about it is looked up when asked for.

    Attributes
    ----------
    id
        The job's id.
    """

    def __init__(self, client: Client, id: str) -> None:
        self._client = client
        self.id = id

    def __repr__(self) -> str:
        return f"Job({self.id!r})"

    @property
    def view(self) -> JobView:
        """All that is recorded of the job now."""
        return self._client.backend.job(self.id)

    @property
    def name(self) -> str:
        """The name it was submitted under."""
        return self.view.name

    @property
    def state(self) -> JobState:
        """Its present state."""
        return self.view.state

    def tasks(self, *, history: bool = False) -> list[TaskView]:
        """Return its tasks in order of creation.

        Parameters
        ----------
        history
            Whether those of earlier runs, which a retry has replaced, are there too.
        """
        return self._client.backend.tasks(self.id, history=history)

    def wait(self, timeout: float | None = None) -> Job:
        """Wait until the job has ended, driving it here if nobody else does.

        It does not raise for a job that failed; :attr:`result` does.

        Parameters
        ----------
        timeout
            How many seconds to wait at most.

        Raises
        ------
        TimeoutError
            If it has not ended by then.
        """
        check_wait(timeout)
        about_to_start_work()
        view = self._client.backend.wait_job(self.id, timeout)
        if view.state not in ENDED and timeout is not None:
            raise TimeoutError(f"job {view.name} ({self.id}) has not ended after {timeout:g} s")
        return self

    @property
    def result(self) -> Any:
        """The result of the job's task (a list, where it has several); waits for it.

        Raises
        ------
        Exception
            The failure of the task that failed first, as its own class where possible.
        TaskCancelledError
            If the job was cancelled.
        """
        view = self.view
        if view.state not in ENDED:
            view = self.wait().view
        if view.state is JobState.COMPLETED:
            return self._result()
        if view.state is JobState.CANCELLED:
            raise TaskCancelledError(f"job {view.name} ({self.id}) was cancelled")
        if view.failure is not None:
            raise error_of(view.failure, JobFailedError)
        raise JobFailedError(f"job {view.name} ({self.id}) is {view.state.value}: {view.reason}")

    def _result(self) -> Any:
        top = [task for task in self.tasks() if task.parent_id is None]
        results = [decoded_result(self._client.backend, task) for task in top]
        return results[0] if len(results) == 1 else results


class Jobs:
    """Submits, finds and changes the jobs of one backend.

    A job is given as a :class:`Job`, its id, or its name (then the newest of that name).
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, name: str, tasks: Any, **options: Unpack[Options]) -> Job:
        """Store a new job; it runs once a runner, or someone who waits for it, drives it.

        Parameters
        ----------
        name
            Its name; several jobs may have the same.
        tasks
            Its task, or a list of tasks: instances of task classes, or task functions
            with their arguments.
        options
            As for ``ExecutionContext.submit_subtask``: ``max_retries``, ``optional``,
            ``machine_size``, ...

        Raises
        ------
        TaskInputError, InvalidRequestError, ConflictingDefinitionError
            If something is wrong with it; then nothing is stored.
        """
        about_to_start_work()
        listed = list(tasks) if isinstance(tasks, list | tuple) else [tasks]
        if not listed:
            raise InvalidRequestError(f"job {name!r} has no task; submit at least one")
        job = new_job(name, listed, options)
        self._client.backend.submit(job)
        return Job(self._client, job.id)

    def find(self, job: Job | str) -> Job:
        """Return the job with that id, else the newest with that name.

        Raises
        ------
        NotFoundError
            If there is none.
        """
        return Job(self._client, self._id(job))

    def query(
        self,
        name: str | None = None,
        states: Iterable[JobState | str] = (),
        limit: int = 100,
    ) -> list[Job]:
        """Return jobs, the newest first.

        Parameters
        ----------
        name
            Only those of that name.
        states
            Only those in one of these states.
        limit
            How many at most.
        """
        wanted = [_job_state(state) for state in states]
        views = self._client.backend.jobs(name=name, states=wanted, limit=limit)
        return [Job(self._client, view.id) for view in views]

    def cancel(self, job: Job | str) -> None:
        """Stop what runs and cancel the rest."""
        self._client.backend.cancel_job(self._id(job))

    def suspend(self, job: Job | str) -> None:
        """Start nothing new of the job; what runs goes on."""
        self._client.backend.suspend_job(self._id(job))

    def resume(self, job: Job | str) -> None:
        """End a suspension."""
        self._client.backend.resume_job(self._id(job))

    def retry(self, job: Job | str) -> int:
        """Run again what did not succeed of a failed or cancelled job.

        Returns
        -------
        int
            How many tasks will run again.
        """
        about_to_start_work()
        return self._client.backend.retry_job(self._id(job))

    def clone(self, job: Job | str) -> Job:
        """Submit a job's top-level tasks once more, as a new job with the same input."""
        about_to_start_work()
        original = self._client.backend.submitted(self._id(job))
        id = new_id()
        ids = IdSequence(id, 0, time.time()).ids(0, len(original.tasks))
        tasks = [replace(task, id=new) for task, new in zip(original.tasks, ids, strict=True)]
        self._client.backend.submit(
            replace(original, id=id, tasks=tasks, closed=True, lineage=original.id)
        )
        return Job(self._client, id)

    def logs(self, job: Job | str, *, follow: bool = False) -> Iterator[LogRecord]:
        """Return what the job's tasks logged and printed, in order.

        Parameters
        ----------
        follow
            Whether to go on until the job has ended.
        """
        return self._client.backend.logs(job_id=self._id(job), follow=follow)

    def display(self, job: Job | str) -> JobPicture:
        """Show the job's tree of tasks: printed as text, or as a picture in a notebook."""
        from fairlead.sdk.picture import JobPicture, in_notebook

        id = self._id(job)
        backend = self._client.backend
        picture = JobPicture(backend.job(id), backend.tasks(id))
        if not in_notebook():
            print(picture)
        return picture

    def _id(self, job: Job | str) -> str:
        if isinstance(job, Job):
            return job.id
        if not isinstance(job, str):
            raise InvalidRequestError(
                f"a job is given as a Job, its id or its name, not {type(job).__name__} {job!r}"
            )
        return self._client.backend.find_job(job)


def _job_state(state: JobState | str) -> JobState:
    try:
        return JobState(state)
    except ValueError:
        known = ", ".join(one.value for one in JobState)
        raise InvalidRequestError(f"{state!r} is no state of a job; they are {known}") from None
