"""What the shell offers when a job or task is to be named."""

from __future__ import annotations

from fairlead.errors import FairleadError

ENOUGH = 50
"""More suggestions than this help nobody."""


def job_names(incomplete: str) -> list[str]:
    """Return names of the newest jobs that start as given."""
    from fairlead.sdk.client import open_backend

    try:
        found = open_backend(None).jobs(limit=ENOUGH)
    except FairleadError:
        return []  # a shell that completes is no place for a message
    return [
        name for name in dict.fromkeys(job.name for job in found) if name.startswith(incomplete)
    ]


def task_ids(incomplete: str) -> list[tuple[str, str]]:
    """Return ids of the newest tasks that start as given, each with its display."""
    from fairlead.sdk.client import open_backend

    try:
        found = open_backend(None).find_tasks(limit=ENOUGH)
    except FairleadError:
        return []
    return [(task.id, task.display) for task in found if task.id.startswith(incomplete)]
