"""An object store in a folder, which several machines may share.

Each object is one file, written elsewhere in the folder and then moved to its place, so
that nobody reads half of one.  A line with the sum of its bytes ends each file: what a full
or failing disk has cut off is noticed, and never taken for a value.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO
from uuid import uuid4

from fairlead.errors import InvalidRequestError, ObjectStoreError
from fairlead.sdk.cache import SEPARATOR
from fairlead.sdk.objectstore import ObjectStore, checked_object_key, checked_prefix

_WRITING = ".writing"
"""The folder of files that are not yet whole."""

_MARK = b"\n-- sha256 "
_TAIL = len(_MARK) + 64 + 1
_TRIES = 20
_PART = 2**20


class FolderStore(ObjectStore):
    """Objects as files.

    Parameters
    ----------
    folder
        An absolute path; made when the first object is written.
    """

    def __init__(self, folder: str) -> None:
        if not os.path.isabs(folder):
            raise InvalidRequestError(
                f"file://{folder} names no folder; write three slashes: file:///folder"
            )
        self._root = os.path.normpath(folder)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        self._keep(key, io.BytesIO(data))

    def put_file(self, key: str, path: Path) -> None:
        """Keep a file's bytes under a key."""
        with path.open("rb") as source:
            self._keep(key, source)

    def _keep(self, key: str, source: IO[bytes]) -> None:
        path = self._path(key)
        with self._explained(key):
            temporary = self._written(source)
            try:
                self._move(temporary, path)
            except BaseException:
                _remove(temporary)
                raise

    def _written(self, source: IO[bytes]) -> str:
        """Return the path of a new file that holds the bytes for good."""
        writing = os.path.join(self._root, _WRITING)
        os.makedirs(writing, exist_ok=True)
        temporary = os.path.join(writing, uuid4().hex)
        try:
            # Who may read it, the folder's umask or access list says: others share the store.
            with open(temporary, "xb") as stream:
                digest = sha256()
                while part := source.read(_PART):
                    digest.update(part)
                    stream.write(part)
                stream.write(_tail(digest.hexdigest()))
                stream.flush()
                os.fsync(stream.fileno())
        except BaseException:
            _remove(temporary)
            raise
        return temporary

    def _move(self, temporary: str, path: str) -> None:
        for _ in range(_TRIES):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            # Somebody who deletes may remove the folder just then, because it is empty.
            with suppress(FileNotFoundError):
                os.replace(temporary, path)
                return
        raise ObjectStoreError(f"The object store in {self._root} cannot keep {path}.")

    def get(self, key: str) -> bytes:
        """Return the bytes under a key."""
        path = self._path(key)
        with self._explained(key):
            try:
                with open(path, "rb") as stream:
                    whole = stream.read()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise KeyError(key) from None
        data, tail = whole[:-_TAIL], whole[-_TAIL:]
        if tail != _tail(sha256(data).hexdigest()):
            raise ObjectStoreError(f"The object {key} in {self._root} is damaged.")
        return data

    def list(self, prefix: str = "") -> list[str]:
        """Return all keys below a prefix, sorted."""
        bare = checked_prefix(prefix)
        with self._explained(bare):
            return sorted(self._below(os.path.join(self._root, bare) if bare else self._root))

    def _below(self, folder: str) -> Iterator[str]:
        for where, folders, files in os.walk(folder):
            if where == self._root:
                folders[:] = [name for name in folders if name != _WRITING]
            place = os.path.relpath(where, self._root)
            for name in files:
                yield name if place == "." else SEPARATOR.join((place, name))

    def delete(self, key: str) -> None:
        """Remove what is under a key, and the folders that are empty then."""
        path = self._path(key)
        with self._explained(key), suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)
            self._remove_empty(os.path.dirname(path))

    def _remove_empty(self, folder: str) -> None:
        with suppress(OSError):
            while folder != self._root:
                os.rmdir(folder)
                folder = os.path.dirname(folder)

    def _path(self, key: str) -> str:
        return os.path.join(self._root, checked_object_key(key))

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Say of a file system's error which store it is of."""
        try:
            yield
        except OSError as error:
            full = " The disk is full." if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
            raise ObjectStoreError(
                f"The object store in {self._root} fails at {key}: {error.strerror}.{full}"
            ) from error


def _tail(sum_: str) -> bytes:
    return _MARK + sum_.encode() + b"\n"


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
