"""Inputs and results: small ones stay in the Task, large ones go to the object store."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar

from fairlead.api.constants import MAX_INLINE
from fairlead.errors import InvalidRequestError, ObjectStoreError
from fairlead.runner.pod.patience import Pauses
from fairlead.sdk.objectstore import ObjectStore

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds for which a store that fails is asked again: hours of work may wait to be kept.  One
that refuses for good fails the attempt after that."""

TO_HAVE_A_STORE = (
    "set FAIRLEAD_RUNNER_STORE of the operator (--runner-store) to the URL of one, or"
    " FAIRLEAD_RUNNER_STORE_CLAIM (--runner-store-claim) to a PersistentVolumeClaim"
)
"""How an installation without an object store gets one, in errors."""


class NoStoreError(InvalidRequestError):
    """Something is too large for a Task, and there is no object store."""


class Values:
    """Reads and writes values of one job.

    Parameters
    ----------
    store
        None where there is none.
    lost
        Ends all waiting for the store.
    most
        How many bytes may be read altogether; None for any number.
    """

    def __init__(
        self,
        store: ObjectStore | None,
        job_uid: str,
        lost: threading.Event | None = None,
        most: int | None = None,
    ) -> None:
        self._left = most
        self._store = store
        self._lost = lost
        self._folder = f"jobs/{job_uid}/values"

    def read(self, text: str | None, stored: Mapping[str, Any] | None) -> bytes | None:
        """Return a value that stands in an object as text, or is referred to; None if neither.

        Raises
        ------
        ObjectStoreError
            If the store cannot be reached, or what is there is not what was put there.
        """
        if text is not None:
            self._count(len(text))
            return text.encode()
        if stored is None:
            return None
        store, key = self._needed(f"the value {stored['key']}"), stored["key"]
        self._count(int(stored["size"]))
        try:
            data = tried(lambda: store.get(key), self._lost)
        except KeyError:
            raise ObjectStoreError(f"The object {key} is gone from the object store.") from None
        if sha256(data).hexdigest() != stored["sha256"]:
            raise ObjectStoreError(
                f"The object {key} in the object store is not what was put there."
            )
        return data

    def written(self, name: str, data: bytes, what: str) -> dict[str, Any]:
        """Return the field of an object that holds a value: ``name``, or ``nameRef``.

        ``what`` says whose value it is, for errors.
        """
        if len(data) <= MAX_INLINE:
            return {name: data.decode()}
        store = self._needed(f"{what} has {len(data):,} bytes, and what is above {MAX_INLINE:,}")
        sum_ = sha256(data).hexdigest()
        key = f"{self._folder}/{sum_}"
        tried(lambda: store.put(key, data), self._lost)
        return {f"{name}Ref": {"key": key, "sha256": sum_, "size": len(data)}}

    def _count(self, size: int) -> None:
        if self._left is None:
            return
        self._left -= size
        if self._left < 0:
            raise InvalidRequestError(
                "the input and what it refers to are more than an agent with isolation: Sidecar"
                " can pass on. Let tasks hand over large data in files or a store of their own."
            )

    def _needed(self, what: str) -> ObjectStore:
        if self._store is None:
            raise NoStoreError(
                f"{what} needs an object store, and this installation has none; {TO_HAVE_A_STORE}"
            )
        return self._store


def tried(ask: Callable[[], T], stop: threading.Event | None = None) -> T:
    """Return the store's answer, asking for a while before its failure is passed on.

    Raises
    ------
    StoppedWaitingError
        If ``stop`` is set meanwhile.
    """
    pauses = Pauses(stop)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except ObjectStoreError as error:
            if time.monotonic() > end:
                raise
            print(f"fairlead: trying again: {error}", file=sys.stderr, flush=True)
            pauses.pause()
