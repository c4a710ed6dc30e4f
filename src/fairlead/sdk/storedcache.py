"""A job's cache in an object store, written by attempts that may not be committed.

Objects below ``jobs/<job>/cache``::

    staged/<task>/<uid>/<attempt>/<pod>   all that one attempt has written, in one object
    keys/<quoted key>=/<stamp>.<writer>   one version of one key; the highest stamp counts

An attempt stages what it has written before its outcome is recorded.  Once it is committed,
its entries are copied to their keys and the staged object goes.  Whoever reads or writes
looks for staged objects first and asks whether their attempts were committed: a runner that
dies between the record and the copying, or does not live to see the commit, loses nothing,
because the next one does the copying.

Stamps are times, but above all stamps of the same key that were committed when the attempt
ended: one task that runs after another wins over it, whatever their clocks say.  Versions
are never overwritten, so two that publish at the same time cannot undo each other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Literal, NamedTuple
from urllib.parse import unquote

from fairlead.sdk.cache import SEPARATOR, JobCache, quoted
from fairlead.sdk.objectstore import ObjectStore

Verdict = Literal["committed", "dead", "open"]
"""What became of an attempt: recorded as a success, never to be, or not known yet."""

_END = "="
"""Ends the quoted name of a key, which a group's name never does."""

_FEW = 16
_CONNECTIONS = 8


class StagedBy(NamedTuple):
    """The attempt that has staged something: its Task's name and unique id, and its pod's."""

    task: str
    task_uid: str
    attempt: int
    pod_uid: str

    @property
    def writer(self) -> str:
        """Text that tells this attempt's versions from all others."""
        return sha256("|".join(map(str, self)).encode()).hexdigest()[:16]


_OUTSIDE = StagedBy("", "", 0, "")


class StoredCache(JobCache):
    """The cache of one job.

    Parameters
    ----------
    verdict
        Asks what became of an attempt.
    """

    def __init__(
        self, store: ObjectStore, job_uid: str, verdict: Callable[[StagedBy], Verdict]
    ) -> None:
        self._store = store
        self._root = f"jobs/{job_uid}/cache"
        self._verdict = verdict

    # --- reading --------------------------------------------------------------------

    def get(self, key: str) -> bytes:
        """Return the value under a key."""
        self._settle()
        while True:
            versions = self._store.list(self._folder(key))
            if not versions:
                raise KeyError(key)
            try:
                return self._store.get(versions[-1])
            except KeyError:
                continue  # a newer one has just replaced it

    def keys(self) -> Iterator[str]:
        """Yield every key."""
        self._settle()
        return iter(dict.fromkeys(map(self._key_of, self._store.list(f"{self._root}/keys"))))

    # --- writing --------------------------------------------------------------------

    def set(self, key: str, value: bytes) -> None:
        """Keep a value at once, from outside any task."""
        self._publish_one(_OUTSIDE, key, self._stamps((key,)), value)

    def stage(self, by: StagedBy, writes: Mapping[str, bytes]) -> None:
        """Keep what an attempt has written until it is known whether it counts."""
        head = {"stamp": self._stamps(writes), "keys": [(k, len(v)) for k, v in writes.items()]}
        data = json.dumps(head).encode() + b"\n" + b"".join(writes.values())
        self._store.put(self._staged(by), data)

    def publish(self, by: StagedBy) -> None:
        """Put what a committed attempt has staged where it is found by its keys."""
        try:
            head, _, values = self._store.get(self._staged(by)).partition(b"\n")
        except KeyError:
            return  # somebody else has done so
        described = json.loads(head)
        stamp, at = int(described["stamp"]), 0
        entries = []
        for key, size in described["keys"]:
            entries.append((key, values[at : at + size]))
            at += size
        with ThreadPoolExecutor(_CONNECTIONS, "fairlead-cache") as pool:
            done = [pool.submit(self._publish_one, by, key, stamp, value) for key, value in entries]
            for one in done:
                one.result()
        self._store.delete(self._staged(by))

    def _publish_one(self, by: StagedBy, key: str, stamp: int, value: bytes) -> None:
        folder = self._folder(key)
        self._store.put(f"{folder}/{stamp:020}.{by.writer}", value)
        for old in self._store.list(folder)[:-1]:
            self._store.delete(old)

    def _stamps(self, keys: Iterable[str]) -> int:
        """Return a stamp above all that these keys have, also by what is not yet copied."""
        self._settle()
        wanted = list(keys)
        if len(wanted) <= _FEW:
            there = [one for key in wanted for one in self._store.list(self._folder(key))]
        else:
            there = self._store.list(f"{self._root}/keys")
        highest = max((int(one.rpartition("/")[2].partition(".")[0]) for one in there), default=0)
        return max(highest + 1, time.time_ns() // 1000)

    # --- what is staged -----------------------------------------------------------------

    def _settle(self) -> None:
        """Publish what committed attempts have staged, and remove what dead ones have."""
        for staged in self._store.list(f"{self._root}/staged"):
            task, uid, attempt, pod = staged.split(SEPARATOR)[-4:]
            by = StagedBy(task, uid, int(attempt), pod)
            verdict = self._verdict(by)
            if verdict == "committed":
                self.publish(by)
            elif verdict == "dead":
                self._store.delete(staged)

    def _staged(self, by: StagedBy) -> str:
        return f"{self._root}/staged/" + SEPARATOR.join(map(str, by))

    def _folder(self, key: str) -> str:
        name = SEPARATOR.join(quoted(part) for part in key.split(SEPARATOR))
        return f"{self._root}/keys/{name}{_END}"

    def _key_of(self, version: str) -> str:
        name = version.removeprefix(f"{self._root}/keys/").rpartition(SEPARATOR)[0]
        parts = name.removesuffix(_END).split(SEPARATOR)
        return SEPARATOR.join(unquote(part) for part in parts)
