"""The ids by which the SDK and the command line know objects, whoever made these.

A Job from a YAML file has no id of its own; it gets one from what Kubernetes knows it by,
and whoever looks at it finds the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fairlead.core.ids import IdSequence, job_id


def job_identity(job: Mapping[str, Any]) -> str:
    """Return the id of a Job, as the API server gives the object."""
    given = job.get("spec", {}).get("id")
    if given:
        return str(given)
    metadata = job["metadata"]
    return job_id(_seconds(metadata["creationTimestamp"]), str(metadata["uid"]).encode())


def task_ids(job: Mapping[str, Any]) -> list[str]:
    """Return the ids of the Tasks that are made for a Job's ``spec.tasks``, in their order."""
    tasks = job.get("spec", {}).get("tasks") or []
    made = IdSequence(job_identity(job), 0, _seconds(job["metadata"]["creationTimestamp"]))
    return [str(task.get("id") or made.id(position)) for position, task in enumerate(tasks)]


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
