"""Object stores over the network, by the client of the extra ``s3``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairlead.errors import BackendUnavailableError, InvalidRequestError, ObjectStoreError
from fairlead.sdk.objectstore import ObjectStore, checked_object_key, checked_prefix

_DELETED_AT_ONCE = 1000


class RemoteStore(ObjectStore):
    """Objects in a bucket, below the path of a URL."""

    def __init__(self, url: str) -> None:
        try:
            self._client: Any = importlib.import_module("obstore")
            from_url = importlib.import_module("obstore.store").from_url
        except ImportError:
            raise BackendUnavailableError(
                f"{url} needs the object store client: pip install 'fairlead[s3]'"
            ) from None
        self._url = url
        try:
            self._store: Any = from_url(url)
        except Exception as error:
            raise InvalidRequestError(f"{url!r} names no object store: {error}") from error

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        checked_object_key(key)
        try:
            self._client.put(self._store, key, data)
        except Exception as error:
            raise self._failed(key, error) from error

    def put_file(self, key: str, path: Path) -> None:
        """Keep a file's bytes under a key, sent in parts."""
        checked_object_key(key)
        try:
            self._client.put(self._store, key, path)
        except Exception as error:
            raise self._failed(key, error) from error

    def get_file(self, key: str, path: Path) -> None:
        """Write the bytes under a key into a file, as they come."""
        checked_object_key(key)
        try:
            parts = self._client.get(self._store, key)
            with path.open("wb") as file:
                for part in parts:
                    file.write(part)
        except FileNotFoundError:
            raise KeyError(key) from None
        except Exception as error:
            raise self._failed(key, error) from error

    def get(self, key: str) -> bytes:
        """Return the bytes under a key."""
        checked_object_key(key)
        try:
            return bytes(self._client.get(self._store, key).bytes())
        except FileNotFoundError:
            raise KeyError(key) from None
        except Exception as error:
            raise self._failed(key, error) from error

    def list(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix, sorted."""
        bare = checked_prefix(prefix)
        try:
            pages = self._client.list(self._store, prefix=bare or None)
            return sorted(str(entry["path"]) for page in pages for entry in page)
        except Exception as error:
            raise self._failed(bare, error) from error

    def delete(self, key: str) -> None:
        """Remove what is under a key, if there is something."""
        self._delete([checked_object_key(key)])

    def delete_prefix(self, prefix: str) -> None:
        """Remove everything below a prefix, many objects at a time."""
        keys = self.list(prefix)
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            self._delete(keys[start : start + _DELETED_AT_ONCE])

    def _delete(self, keys: Sequence[str]) -> None:
        try:
            self._client.delete(self._store, [*keys])
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._failed(keys[0], error) from error

    def _failed(self, key: str, error: Exception) -> ObjectStoreError:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        return ObjectStoreError(f"The object store {self._url} fails at {key}: {reason}")
