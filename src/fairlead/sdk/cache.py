"""Caches that the tasks of one job share: bytes under text keys, in groups.

A group is a prefix: ``cache.group("squares")["3"]`` and ``cache["squares/3"]`` are the
same value.  Iteration yields the keys directly in a cache or group, not those of the
groups inside it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from fairlead.errors import InvalidRequestError
from fairlead.sdk.text import is_storable

SEPARATOR = "/"
"""Stands between the names of groups and the key in a full key."""


MAX_NAME = 250
"""The most characters of a group's name or a key, quoted: what a file's name can hold."""

_SURELY_SHORT = MAX_NAME // 12
"""Characters of a key that needs no look at its names: each takes at most 12 quoted."""


class JobCache(ABC):
    """Bytes under text keys.  Subclasses keep them, by ``get``, ``set`` and ``keys``."""

    @abstractmethod
    def get(self, key: str) -> bytes:
        """Return the value under a full key.

        Raises
        ------
        KeyError
            If there is none.
        """

    @abstractmethod
    def set(self, key: str, value: bytes) -> None:
        """Keep a value under a full key, instead of an earlier one."""

    @abstractmethod
    def keys(self) -> Iterator[str]:
        """Yield every full key, those in groups too, in no particular order."""

    @property
    def address(self) -> str | None:
        """What :func:`cache_at` finds this cache by, in another process; None if nothing does."""
        return None

    def group(self, name: str) -> JobCache:
        """Return the group of that name; it need not exist yet."""
        return CacheGroup(self, checked_key(name) + SEPARATOR)

    def __getitem__(self, key: str) -> bytes:
        return self.get(checked_key(key))

    def __setitem__(self, key: str, value: bytes) -> None:
        self.set(checked_key(key), checked_value(key, value))

    def __contains__(self, key: object) -> bool:
        try:
            self.get(key)  # type: ignore[arg-type]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(key for key in self.keys() if SEPARATOR not in key))


class CacheGroup(JobCache):
    """The part of a cache whose full keys start with a prefix."""

    def __init__(self, cache: JobCache, prefix: str) -> None:
        self._cache = cache
        self._prefix = prefix

    @property
    def address(self) -> str | None:
        """The address of the cache around it, and after it the prefix."""
        outer = self._cache.address
        return None if outer is None else f"{outer}#{self._prefix}"

    def get(self, key: str) -> bytes:
        """Return the value under a key of the group."""
        return self._cache.get(self._prefix + key)

    def set(self, key: str, value: bytes) -> None:
        """Keep a value under a key of the group."""
        self._cache.set(self._prefix + key, value)

    def keys(self) -> Iterator[str]:
        """Yield every key of the group."""
        start = len(self._prefix)
        keys = self._cache.keys()
        return (key[start:] for key in keys if key.startswith(self._prefix))


def cache_at(address: str) -> JobCache:
    """Return the cache at an address that :attr:`JobCache.address` told another process."""
    if "://" not in address:
        return LocalFileSystemCache(address)
    from fairlead.sdk.objectstore import ObjectStoreCache

    url, _, prefix = address.partition("#")
    cache = ObjectStoreCache(url)
    return CacheGroup(cache, prefix) if prefix else cache


class InMemoryCache(JobCache):
    """A cache in this process; what it holds is lost when the process ends."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        """Return the value under a key."""
        return self._values[key]

    def set(self, key: str, value: bytes) -> None:
        """Keep a value."""
        self._values[key] = value

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        return iter(list(self._values))


class LocalFileSystemCache(JobCache):
    """A cache of files in a folder; every write is whole or not there.

    A group is a folder whose name ends in ``+``; names are quoted as in URLs, so that
    no key can be mistaken for a group or lead out of the folder.

    Parameters
    ----------
    path
        The folder; made when the first value is written.
    """

    def __init__(self, path: str | os.PathLike[str] = "cache") -> None:
        self._root = Path(path).expanduser().absolute()

    @property
    def address(self) -> str | None:
        """The folder."""
        return str(self._root) if type(self) is LocalFileSystemCache else None

    def _folder(self, groups: list[str]) -> Path:
        return self._root.joinpath(*(quoted(group) + "+" for group in groups))

    def _file(self, key: str) -> Path:
        *groups, name = key.split(SEPARATOR)
        return self._folder(groups) / quoted(name)

    def group(self, name: str) -> JobCache:
        """Return the group of that name: a cache in a folder inside this one's."""
        return LocalFileSystemCache(self._folder(checked_key(name).split(SEPARATOR)))

    def get(self, key: str) -> bytes:
        """Return the value under a key."""
        try:
            return self._file(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(key) from None

    def set(self, key: str, value: bytes) -> None:
        """Keep a value: in a file of its own first, which then takes the place of the old."""
        import tempfile  # only this cache needs it

        file = self._file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix="+", dir=file.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(value)
            os.replace(temporary, file)
        except BaseException:
            os.unlink(temporary)
            raise

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        return _keys_below(self._root)


def quoted(name: str) -> str:
    """Return a name as it can stand in a path: without slashes, and never ``..``."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")


def _keys_below(folder: Path) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith("+"):
            continue  # a value that is being written
        if entry.name.endswith("+"):
            group = unquote(entry.name[:-1])
            yield from (group + SEPARATOR + key for key in _keys_below(Path(entry.path)))
        else:
            yield unquote(entry.name)


class StagedCache(JobCache):
    """A cache as one attempt sees it: its own writes over what is committed.

    Attributes
    ----------
    writes
        What the attempt has written, published only if it is committed.
    """

    def __init__(self, committed: JobCache) -> None:
        self._committed = committed
        self.writes: dict[str, bytes] = {}

    def get(self, key: str) -> bytes:
        """Return the value under a key."""
        own = self.writes.get(key)
        return self._committed.get(key) if own is None else own

    def set(self, key: str, value: bytes) -> None:
        """Stage a value."""
        self.writes[key] = value

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        own = list(self.writes)
        yield from own
        written = frozenset(own)
        committed = self._committed.keys()
        yield from (key for key in committed if key not in written)


def checked_key(key: object) -> str:
    """Return a key, or raise if it cannot be one."""
    if not isinstance(key, str):
        raise TypeError(f"a cache key is a str, not {type(key).__name__} {key!r}")
    if not key or key.startswith(SEPARATOR) or key.endswith(SEPARATOR) or "//" in key:
        raise InvalidRequestError(
            f"{key!r} is not a cache key; names between single slashes must not be empty"
        )
    if not is_storable(key):
        raise InvalidRequestError(f"{key!r} is not a cache key; it holds what is no Unicode text")
    if len(key) > _SURELY_SHORT and max(map(len, map(quoted, key.split(SEPARATOR)))) > MAX_NAME:
        raise InvalidRequestError(
            f"{key[:40]!r}... is not a cache key; a name between slashes takes more than"
            f" {MAX_NAME} characters when it is quoted as in a URL"
        )
    return key


def checked_value(key: str, value: object) -> bytes:
    """Return a value, or raise if it is anything but bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    hint = "; encode it: value.encode()" if isinstance(value, str) else ""
    raise TypeError(f"the cache keeps bytes, but {key!r} was given {type(value).__name__}{hint}")
