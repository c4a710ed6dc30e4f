"""The newest jobs and tasks of a namespace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fairlead.backends.kubernetes.lookup import Lookup
from fairlead.backends.kubernetes.tree import JobTree
from fairlead.backends.kubernetes.views import job_view, task_view, title_of
from fairlead.backends.kubernetes.words import Object, job_state, task_state, uid_of
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import JobView, TaskView


def job_views(
    jobs: Iterable[Object], name: str | None, states: Sequence[JobState], limit: int
) -> list[JobView]:
    """Return the first of some jobs, those with a name or in some states where these are given."""
    chosen = (
        job
        for job in jobs
        if (name is None or title_of(job) == name) and (not states or job_state(job) in states)
    )
    return [job_view(job) for job, _ in zip(chosen, range(limit), strict=False)]


MANY = 2000
"""Tasks in a namespace from which on each job's are fetched by themselves."""


def newest_tasks(lookup: Lookup, states: Sequence[TaskState], limit: int) -> list[TaskView]:
    """Return the newest tasks: those of the newest jobs, as many as are asked for."""
    found: list[TaskView] = []
    tree_of = _trees(lookup)
    for job in lookup.jobs():
        if len(found) >= limit:
            break
        tree = tree_of(job)
        chosen = (one for one in reversed(tree.current) if not states or task_state(one) in states)
        found += [task_view(one, tree) for one in chosen]
    return found[:limit]


def _trees(lookup: Lookup) -> Callable[[Object], JobTree]:
    """Return what returns the tree of a job: from one listing of all, if they are not many."""
    everything = lookup.all_tasks(MANY)
    if everything is None:
        return lookup.tree
    by_job: dict[str, list[Object]] = {}
    for task in everything:
        by_job.setdefault(task["spec"]["jobUID"], []).append(task)
    return lambda job: JobTree(job, by_job.get(uid_of(job), ()))
