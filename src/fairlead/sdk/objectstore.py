"""Object stores: bytes under keys, wherever they lie, and the job cache in one of them.

A key is a path of names between single slashes.  ``file://`` and ``memory://`` need
nothing but the standard library; all others need the extra ``s3``.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fairlead.errors import BackendUnavailableError, InvalidRequestError
from fairlead.sdk.cache import SEPARATOR, JobCache, quoted

FILE_SCHEME = "file://"
MEMORY_SCHEME = "memory://"


class ObjectStore(ABC):
    """Bytes under keys.  All methods may be called from any thread.

    They raise :class:`fairlead.errors.ObjectStoreError` where the store cannot be reached,
    refuses, or has damaged what it kept.
    """

    @abstractmethod
    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key, instead of earlier ones; all of them or none."""

    @abstractmethod
    def get(self, key: str) -> bytes:
        """Return the bytes under a key.

        Raises
        ------
        KeyError
            If there are none.
        """

    def put_file(self, key: str, path: Path) -> None:
        """Keep a file's bytes under a key, without holding all of them in memory if possible."""
        self.put(key, path.read_bytes())

    def get_file(self, key: str, path: Path) -> None:
        """Write the bytes under a key into a file, which is replaced.

        Raises
        ------
        KeyError
            If there are none; then the file is left alone.
        """
        path.write_bytes(self.get(key))

    @abstractmethod
    def list(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix, sorted; the prefix is a path of whole names."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove what is under a key, if there is something."""

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything below a prefix."""
        for key in self.list(prefix):
            self.delete(key)


def open_store(url: str) -> ObjectStore:
    """Return the object store at a URL.

    Parameters
    ----------
    url
        ``file:///folder``, ``memory://name`` (one that ends with this process), or
        ``s3://bucket/prefix``, ``gs://...``, ``az://...``, whose credentials come from the
        environment, as usual for that store.

    Raises
    ------
    BackendUnavailableError
        If the store's client is not installed.
    InvalidRequestError
        If the URL names no object store.
    """
    if url.startswith(FILE_SCHEME):
        from fairlead.sdk.folderstore import FolderStore

        return FolderStore(unquote(url.removeprefix(FILE_SCHEME)))
    if url.startswith(MEMORY_SCHEME):
        from fairlead.sdk.memorystore import memory_store

        return memory_store(url)
    from fairlead.sdk.remotestore import RemoteStore

    return RemoteStore(url)


def checked_object_key(key: str) -> str:
    """Return a key, or raise if it is no path of names between single slashes."""
    names = key.split(SEPARATOR)
    if any(name in ("", ".", "..") for name in names) or "\0" in key:
        raise InvalidRequestError(
            f"{key!r} is not the key of an object; it takes names between single slashes, and"
            f" none of them empty or made of dots"
        )
    return key


def checked_prefix(prefix: str) -> str:
    """Return a prefix without a slash at its end; it may be empty."""
    bare = prefix.removesuffix(SEPARATOR)
    return checked_object_key(bare) if bare else ""


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
