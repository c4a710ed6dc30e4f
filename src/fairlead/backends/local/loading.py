"""Beginning to drive a job: its graph is rebuilt and what its last driver left is settled."""

from __future__ import annotations

import os
from weakref import WeakKeyDictionary

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.driven import DrivenJob
from fairlead.backends.local.explained import explained
from fairlead.backends.local.jsontext import load_failure
from fairlead.backends.local.observing import observe
from fairlead.backends.local.store import Store, task_range
from fairlead.backends.local.storecache import StoreCache
from fairlead.core.graph import JobGraph
from fairlead.core.observed import ObservedJob
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import JobState, TaskState
from fairlead.errors import CacheLostError
from fairlead.sdk.backend import RunnerOptions
from fairlead.sdk.cache import InMemoryCache, JobCache

_LOST = (
    "The job's cache was kept in the memory of a runner that is gone, and tasks"
    " that are done had written to it. Submit the job again, with a cache that lasts, such as"
    " LocalFileSystemCache."
)

_names: WeakKeyDictionary[InMemoryCache, str] = WeakKeyDictionary()
"""What caches in memory are called in the store: each is gone with its process."""


def load_job(
    store: Store, number: int, options: RunnerOptions, now: float, batch: Batch, *, fresh: bool
) -> DrivenJob | None:
    """Return the job, ready to be driven; None if it has ended.

    ``fresh`` says that this program has just submitted it, so that an open session is
    not one whose program has died.
    """
    observed, rows = observe(store, number)
    if observed.state in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED):
        return None
    graph = JobGraph.rebuild(observed, now)
    id_, run, tasks, group, failure, memory_cache = store.read(
        "SELECT id, run, tasks, machine_group, failure, memory_cache FROM job WHERE no = ?",
        (number,),
    )[0]
    job = DrivenJob(
        store,
        number,
        id_,
        graph,
        next_task=task_range(number)[0] + tasks,
        run=run,
        cache=_cache(store, number, options),
        memory_cache=_name_in_memory(options.cache),
        machine_group=group,
        failure=load_failure(failure),
        limits=(observed.max_depth, observed.max_tasks),
    )
    job.rows = rows
    _settle(job, observed, now, batch, fresh)
    if memory_cache not in (None, job.memory_cache) and options.definitions != []:
        job.give_up(explained(CacheLostError(_LOST), "CACHE_LOST"), now, batch)
    job.collect(now, batch)
    return job


def _settle(
    job: DrivenJob,
    observed: ObservedJob,
    now: float,
    batch: Batch,
    fresh: bool,
) -> None:
    job.collect(now, batch)
    # What the last driver had lent is lost too: its borrowers find their loans gone.
    batch.others.append(("DELETE FROM loan WHERE job=?", (job.number,)))
    for task in observed.tasks:
        if task.state is TaskState.RUNNING:
            job.lose(task.spec.key, task.attempt, OutcomeKind.LOST, now, batch)
    if not job.graph.closed and not fresh:
        # The program that would have added tasks is gone.
        job.graph.cancel_open(now)
        job.graph.close(now)


def _cache(store: Store, number: int, options: RunnerOptions) -> JobCache:
    """Return the job's part of the runner's cache; by default, its rows in the store."""
    if options.cache is None:
        return StoreCache(store, number)
    job_id = store.read("SELECT id FROM job WHERE no = ?", (number,))[0][0]
    cache = store.caches[number] = options.cache.group(str(job_id))
    return cache


def _name_in_memory(cache: JobCache | None) -> str | None:
    """Return what a cache in memory is called; None for any other."""
    if not isinstance(cache, InMemoryCache):
        return None
    return _names.setdefault(cache, os.urandom(8).hex())
