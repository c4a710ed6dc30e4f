"""The job cache that lives in an object store."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fairlead.errors import BackendUnavailableError, InvalidRequestError
from fairlead.sdk.cache import SEPARATOR, JobCache, quoted


class ObjectStoreCache(JobCache):
    """A cache in an object store.

    Every value is one object; its name ends in ``=``, so that a key and a group of the
    same name do not meet where the store is a file system.

    Parameters
    ----------
    url
        Where: ``s3://bucket/prefix``, ``gs://...``, ``az://...``, ``file:///folder`` or
        ``memory://``.  Credentials come from the environment, as usual for that store.

    Raises
    ------
    BackendUnavailableError
        If the extra ``s3`` is not installed.
    InvalidRequestError
        If the URL names no object store.
    """

    def __init__(self, url: str) -> None:
        try:
            obstore = importlib.import_module("obstore")
            from_url = importlib.import_module("obstore.store").from_url
        except ImportError:
            raise BackendUnavailableError(
                "ObjectStoreCache needs the object store client: pip install 'fairlead[s3]'"
            ) from None
        self._client: Any = obstore
        self._url = url
        if url.startswith("file://"):
            Path(unquote(url.removeprefix("file://"))).mkdir(parents=True, exist_ok=True)
        try:
            self._store: Any = from_url(url)
        except Exception as error:
            raise InvalidRequestError(f"{url!r} names no object store: {error}") from error

    @property
    def address(self) -> str | None:
        """The URL; what is in this process's memory has none."""
        is_shared = type(self) is ObjectStoreCache and not self._url.startswith("memory:")
        return self._url if is_shared else None

    def get(self, key: str) -> bytes:
        """Return the value under a key."""
        try:
            return bytes(self._client.get(self._store, _object_name(key)).bytes())
        except FileNotFoundError:
            raise KeyError(key) from None

    def set(self, key: str, value: bytes) -> None:
        """Keep a value."""
        self._client.put(self._store, _object_name(key), value)

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        for page in self._client.list(self._store):
            for entry in page:
                name = entry["path"]
                if name.endswith("="):
                    parts = name[:-1].split(SEPARATOR)
                    yield SEPARATOR.join(unquote(part) for part in parts)


def _object_name(key: str) -> str:
    return SEPARATOR.join(quoted(part) for part in key.split(SEPARATOR)) + "="
