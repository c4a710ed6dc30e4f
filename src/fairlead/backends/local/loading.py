"""Beginning to drive a job: its graph is rebuilt and what its last driver left is settled."""

from __future__ import annotations

from fairlead.backends.local.batch import Batch
from fairlead.backends.local.driven import PROCESS, DrivenJob
from fairlead.backends.local.jsontext import load_failure
from fairlead.backends.local.observing import observe
from fairlead.backends.local.store import Store, task_range
from fairlead.backends.local.storecache import StoreCache
from fairlead.core.graph import JobGraph
from fairlead.core.observed import ObservedJob
from fairlead.core.outcomes import OutcomeKind
from fairlead.core.states import JobState, TaskState
from fairlead.sdk.backend import Failure, RunnerOptions
from fairlead.sdk.cache import InMemoryCache, JobCache

_LOST = (
    "CacheLostError: the job's cache was kept in the memory of a program that has ended. "
    "Run the job again with `fairlead jobs retry`, or give the runner a cache that lasts."
)


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
        cache_in_memory=isinstance(options.cache, InMemoryCache),
        machine_group=group,
        failure=load_failure(failure),
        limits=(observed.max_depth, observed.max_tasks),
    )
    job.rows = rows
    _settle(job, observed, memory_cache, now, batch, fresh)
    job.collect(now, batch)
    return job


def _settle(
    job: DrivenJob,
    observed: ObservedJob,
    memory_cache: str | None,
    now: float,
    batch: Batch,
    fresh: bool,
) -> None:
    job.collect(now, batch)
    for task in observed.tasks:
        if task.state is TaskState.RUNNING:
            job.lose(task.spec.key, task.attempt, OutcomeKind.LOST, now, batch)
    if memory_cache not in (None, PROCESS):
        job.failure = Failure("CACHE_LOST", "CacheLostError", _LOST[16:], "fairlead.errors")
        job.graph.fail(now, _LOST)
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
