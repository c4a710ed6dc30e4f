"""Caches that the tasks of a job share; the same names are in :mod:`fairlead`."""

from __future__ import annotations

from fairlead.sdk.cache import InMemoryCache, JobCache, LocalFileSystemCache
from fairlead.sdk.objectstore import ObjectStoreCache

__all__ = ["InMemoryCache", "JobCache", "LocalFileSystemCache", "ObjectStoreCache"]
