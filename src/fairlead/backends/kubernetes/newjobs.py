"""A new job as objects: one Job with its list, or an open Job and Tasks made one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead.api import labels
from fairlead.api.constants import API_VERSION, MAX_JOB_TASKS
from fairlead.api.names import job_name
from fairlead.backends.kubernetes.newtasks import Put, Writer, check_inputs
from fairlead.errors import InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.backend import NewJob

MAX_LIST = 40_000
"""The most bytes of a Job's list.

What the server notes of who wrote each field is about as large again, and every change of a Job
is sent whole to all who watch it: so it stays below 100 kB.
"""

MAX_LISTED_DEPENDENCIES = 64
"""The most dependencies of one entry of a Job's list."""

MAX_TITLE = 253


def job_object(
    job: NewJob, release: str | None, lineage: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the Job without its tasks: an open one."""
    if len(job.name) > MAX_TITLE:
        raise InvalidRequestError(
            f"a job's name has at most {MAX_TITLE} characters on a cluster: {job.name[:40]!r}..."
        )
    spec: dict[str, Any] = {
        "id": job.id,
        "title": job.name,
        "style": job.style.capitalize(),
        "reuse": settings.reuse(),
    }
    if settings.isolation() != "Shared":
        spec["isolation"] = settings.isolation()
    if release is not None:
        spec["release"] = release
    if job.machine_group is not None:
        spec["machineGroup"] = job.machine_group
    if job.metadata:
        spec["metadata"] = dict(job.metadata)
    if lineage is not None:
        spec["lineage"] = dict(lineage)
    limits = {
        task.identifier: task.options.max_parallel
        for task in job.tasks
        if task.options.max_parallel is not None
    }
    if limits:
        spec["maxParallel"] = limits
    return {
        "apiVersion": API_VERSION,
        "kind": "Job",
        "metadata": {"name": job_name(job.name, job.id), "labels": {labels.ID: job.id}},
        "spec": spec,
    }


def keys(job: NewJob) -> list[str]:
    """Return the keys of a job's tasks: their positions."""
    return [str(position) for position in range(len(job.tasks))]


def listed(job: NewJob, put: Put) -> list[dict[str, Any]] | None:
    """Return the tasks as a Job's list, or None if they are too many or too large for one."""
    check_inputs(job.tasks)
    if not job.closed or not 0 < len(job.tasks) <= MAX_JOB_TASKS:
        return None
    if any(len(task.depends_on) > MAX_LISTED_DEPENDENCIES for task in job.tasks):
        return None
    writer = Writer(str, put)
    entries = [writer.entry(task, key) for task, key in zip(job.tasks, keys(job), strict=True)]
    return entries if len(json.dumps(entries)) <= MAX_LIST else None
