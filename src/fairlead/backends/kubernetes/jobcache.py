"""A job's cache, as it is read from outside its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.backends.kubernetes.errors import MissingError
from fairlead.backends.kubernetes.kinds import TASKS
from fairlead.backends.kubernetes.words import Object, uid_of
from fairlead.runner.pod.cache import verdict_of
from fairlead.sdk.cache import JobCache
from fairlead.sdk.storedcache import StagedBy, StoredCache, Verdict

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


def job_cache(backend: KubernetesBackend, job: Object) -> JobCache:
    """Return the cache of a job.

    Raises
    ------
    BackendUnavailableError
        If no object store is known here.
    """

    def verdict(by: StagedBy) -> Verdict:
        try:
            return verdict_of(backend.rest.get(TASKS, backend.namespace, by.task), by)
        except MissingError:
            return "dead"

    return StoredCache(backend.storage.store("the caches of jobs"), uid_of(job), verdict)
