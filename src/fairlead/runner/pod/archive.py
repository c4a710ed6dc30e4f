"""The log of one attempt in the object store: chunks of JSON lines, as they come."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from fairlead.errors import ObjectStoreError
from fairlead.sdk.objectstore import ObjectStore
from fairlead.sdk.text import storable

EVERY = 1.0
"""Seconds between two chunks."""

MAX_WAITING = 16 * 2**20
"""Bytes that wait for a store which is away; more are left out."""

MOST_KEPT = 10 * 2**20
"""Bytes of log kept for one attempt, as on a laptop."""

_CUT = f"an attempt keeps at most {MOST_KEPT:,} bytes."

_LAST_SECONDS = 20.0
"""How long the end of an attempt waits for the store to take the rest of the log."""


class LogArchive:
    """Keeps what an attempt logs and prints.

    Parameters
    ----------
    store
        None where there is none: then the log is in the pod's output only.
    folder
        Where in the store: each chunk is ``<folder>/<number of six digits>.jsonl``.
    """

    def __init__(self, store: ObjectStore | None, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._lines: list[bytes] = []
        self._size = 0
        self._left_out = 0
        self._kept = 0
        self._is_cut = False
        self._sequence = 0
        self._news = threading.Condition()
        self._ending: float | None = None
        self._thread: threading.Thread | None = None

    def add(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Keep one line."""
        if self._store is None:
            return
        data = _line(level, message, fields)
        with self._news:
            self._kept += len(data)
            if self._kept > MOST_KEPT:
                if self._is_cut:
                    return
                self._is_cut = True
                data = _line("warning", f"The log is cut here: {_CUT}", {})
            if self._size + len(data) > MAX_WAITING:
                self._left_out += 1
                return
            self._lines.append(data)
            self._size += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fairlead-logs", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """Write what is left; return when that is done, or cannot be."""
        with self._news:
            self._ending = time.monotonic() + _LAST_SECONDS
            self._news.notify()
        if self._thread is not None:
            self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._lines or self._ending is not None)
                # A chunk is what comes within a second, so that a short task has one.
                self._news.wait_for(lambda: self._ending is not None, EVERY)
                if not self._lines:
                    return
                lines, self._lines = self._lines, []
                self._size = 0
                if self._left_out:
                    lines.append(_note(self._left_out))
                    self._left_out = 0
            self._put(b"".join(lines))

    def _put(self, data: bytes) -> None:
        """Write one chunk, as long as it takes; not so long once the attempt has ended."""
        assert self._store is not None
        while True:
            try:
                self._store.put(f"{self._folder}/{self._sequence:06}.jsonl", data)
            except ObjectStoreError:
                if self._ending is not None and time.monotonic() > self._ending:
                    return
                time.sleep(EVERY)
            else:
                self._sequence += 1
                return


def _note(count: int) -> bytes:
    message = f"[{count} lines are left out: the object store was away]"
    return _line("warning", message, {})


def _line(level: str, message: str, fields: dict[str, Any]) -> bytes:
    line = {"time": time.time(), "level": level, "message": storable(message), "fields": fields}
    return json.dumps(line, default=repr).encode() + b"\n"
