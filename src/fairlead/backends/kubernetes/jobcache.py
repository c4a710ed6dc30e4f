"""A job's cache, as it is read from outside its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.backends.kubernetes.words import Object
from fairlead.sdk.cache import JobCache

if TYPE_CHECKING:
    from fairlead.backends.kubernetes.backend import KubernetesBackend


def job_cache(backend: KubernetesBackend, job: Object) -> JobCache:
    """Return the cache of a job."""
    raise NotImplementedError
