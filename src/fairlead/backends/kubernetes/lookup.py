"""Finding jobs and tasks by what people call them."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from fairlead.api import labels
from fairlead.api.identity import job_identity, task_ids
from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.kinds import JOBS, TASKS
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.results import newest_by_key, selector
from fairlead.backends.kubernetes.tree import JobTree, future_task, place_of
from fairlead.backends.kubernetes.views import dependency_keys, title_of
from fairlead.backends.kubernetes.words import (
    Object,
    created,
    job_state,
    name_of,
    status_of,
    uid_of,
)
from fairlead.core.states import JobState
from fairlead.errors import NotFoundError

_ID = re.compile(r"[0-9a-z]{25}")


class Found(NamedTuple):
    """A Task, and as much of its job as says who its parent and its dependencies are."""

    task: Object
    tree: JobTree


class Lookup:
    """Finds the objects of one namespace, and remembers which ids belong to which names.

    Parameters
    ----------
    rest, namespace
        Where to look.
    """

    def __init__(self, rest: RestClient, namespace: str) -> None:
        self._rest = rest
        self._namespace = namespace
        self._guard = threading.Lock()
        self._names: dict[str, str] = {}
        self._job_of: dict[str, str] = {}

    def remember(self, job: Object, tasks: Sequence[str] = ()) -> None:
        """Note a job's name, and which tasks are its own, so that nothing need be searched."""
        with self._guard:
            self._names[job_identity(job)] = name_of(job)
            for id in tasks or task_ids(job):
                self._job_of[id] = name_of(job)

    def jobs(self) -> list[dict[str, Any]]:
        """Return all Jobs, the newest first."""
        found = self._rest.list(JOBS, self._namespace)
        return sorted(found, key=lambda job: (created(job), job_identity(job)), reverse=True)

    def job(self, id: str) -> dict[str, Any]:
        """Return the Job with an id."""
        found = self._by_name(id) or self._by_label(id)
        if found is None:
            found = next((job for job in self.jobs() if job_identity(job) == id), None)
        if found is None:
            raise NotFoundError(
                f"No job has the id {id!r} in the namespace {self._namespace}."
                " `fairlead jobs list` shows them all."
            )
        self.remember(found)
        return found

    def find_job(self, id_or_name: str) -> str:
        """Return the id of the job with that id, else of the newest with that name."""
        found = self._by_name(id_or_name) or self._by_label(id_or_name)
        if found is None:
            found = self._newest_called(id_or_name)
        if found is None:
            raise NotFoundError(
                f"No job has the id or name {id_or_name!r} in the namespace {self._namespace}."
                " `fairlead jobs list` shows them all."
            )
        self.remember(found)
        return job_identity(found)

    def _newest_called(self, name: str) -> dict[str, Any] | None:
        jobs = self.jobs()
        ids = (job for job in jobs if job_identity(job) == name)
        return next(ids, None) or next(
            (job for job in jobs if name in (title_of(job), name_of(job))), None
        )

    def _by_name(self, id: str) -> dict[str, Any] | None:
        name = self._names.get(id)
        try:
            found = self._rest.get(JOBS, self._namespace, name) if name else None
        except MissingError:
            return None
        return found if found is not None and job_identity(found) == id else None

    def _by_label(self, id: str) -> dict[str, Any] | None:
        if not _ID.fullmatch(id):
            return None
        found = self._rest.list(JOBS, self._namespace, labels=f"{labels.ID}={id}")
        return found[0] if found else None

    def lineage_of(self, job: Object) -> str | None:
        """Return the id of the job that a job was made from; its name, if it is gone."""
        lineage = job["spec"].get("lineage")
        if not lineage:
            return None
        try:
            original = self._rest.get(JOBS, self._namespace, lineage["job"])
        except MissingError:
            return str(lineage["job"])
        return job_identity(original) if uid_of(original) == lineage["uid"] else lineage["job"]

    def first_failed(self, job: Object) -> Object | None:
        """Return the Task because of which a job failed, if it did."""
        told = status_of(job).get("failure")
        if job_state(job) is not JobState.FAILED or not told:
            return None
        return self._get_task(told["task"])

    # --- tasks --------------------------------------------------------------------

    def tasks(self, label_selector: str) -> list[dict[str, Any]]:
        """Return the Tasks that a label selector selects."""
        return self._rest.list(TASKS, self._namespace, labels=label_selector)

    def all_tasks(self, most: int) -> list[dict[str, Any]] | None:
        """Return all Tasks of the namespace, or None if there are more than so many."""
        found: list[dict[str, Any]] = []
        for page in self._rest.pages(TASKS, self._namespace):
            found += page["items"]
            if len(found) > most:
                return None
        return found

    def tree(self, job: Object) -> JobTree:
        """Return all of a job."""
        return JobTree(job, self.tasks(f"{labels.JOB_UID}={uid_of(job)}"))

    def task(self, id: str) -> dict[str, Any]:
        """Return the Task with an id; one that is still to be made is as it will be."""
        if _ID.fullmatch(id):
            found = self.tasks(f"{labels.ID}={id}")
            if found:
                return found[0]
        return self._future(id)

    def job_of(self, task: Object) -> dict[str, Any]:
        """Return the Job of a Task."""
        return self._job_named(task["spec"]["jobName"])

    def newest(self, task: Object) -> Object:
        """Return the object that counts where a Task stands."""
        siblings, key = place_of(task)
        return newest_by_key([task, *self.tasks(selector(siblings, [key]))])[key]

    def found(self, id: str) -> Found:
        """Return the Task with an id, and what is needed of the rest of its job."""
        task: Object = self.task(id)
        job = self._job_named(task["spec"]["jobName"])
        around = self._around(task) if name_of(task) else [task]
        task = next((one for one in around if uid_of(one) == uid_of(task)), task)
        return Found(task, JobTree(job, [*around, *([] if task in around else [task])]))

    def _around(self, task: Object) -> list[Object]:
        """Return the task's siblings that matter to it, and the same of everything above."""
        found: list[Object] = []
        at: Object | None = task
        wanted = dependency_keys(task)
        while at is not None:
            siblings, key = place_of(at)
            found.extend(self.tasks(selector(siblings, [key, *wanted])))
            parent, wanted = at["spec"].get("parent"), []
            at = None if parent is None else self._get_task(parent["name"])
        return found

    def _get_task(self, name: str) -> Object | None:
        try:
            return self._rest.get(TASKS, self._namespace, name)
        except MissingError:
            return None

    def _job_named(self, name: str) -> dict[str, Any]:
        try:
            return self._rest.get(JOBS, self._namespace, name)
        except MissingError:
            raise NotFoundError(f"The job {name} of this task was deleted.") from None

    def _future(self, id: str) -> dict[str, Any]:
        """Return a task that a Job lists and the operator has not made yet."""
        name = self._job_of.get(id)
        jobs = [self._job_named(name)] if name else self.jobs()
        for job in jobs:
            ids = task_ids(job)
            if id in ids:
                return future_task(job, id, job["spec"]["tasks"][ids.index(id)])
        raise NotFoundError(
            f"No task has the id {id!r} in the namespace {self._namespace}."
            " `fairlead tasks list` shows them."
        )
