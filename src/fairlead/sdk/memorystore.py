"""Object stores that end with this process, for tests."""

from __future__ import annotations

from fairlead.sdk.cache import SEPARATOR
from fairlead.sdk.objectstore import ObjectStore, checked_object_key, checked_prefix

_stores: dict[str, MemoryStore] = {}


def memory_store(url: str) -> MemoryStore:
    """Return this process's store of that URL."""
    return _stores.setdefault(url, MemoryStore())


class MemoryStore(ObjectStore):
    """Bytes in this process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        self._objects[checked_object_key(key)] = bytes(data)

    def get(self, key: str) -> bytes:
        """Return the bytes under a key."""
        return self._objects[checked_object_key(key)]

    def list(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix, sorted."""
        start = checked_prefix(prefix)
        start += SEPARATOR if start else ""
        return sorted(key for key in list(self._objects) if key.startswith(start))

    def delete(self, key: str) -> None:
        """Remove what is under a key, if there is something."""
        self._objects.pop(checked_object_key(key), None)
