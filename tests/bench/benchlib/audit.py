"""What the API server has written down of changes: a document a line, in a growing file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

SETTLE_SECONDS = 1.0
"""How long after a change the log has it for certain."""


class Audit:
    """The writes to one namespace since it was asked last.

    Parameters
    ----------
    log
        The file, which may end in the middle of a line at any time.
    settle
        Seconds to wait before it is read.
    """

    def __init__(self, log: Path, namespace: str, settle: float = SETTLE_SECONDS) -> None:
        self._log = log
        self._namespace = namespace
        self._settle = settle
        self._read = 0
        self._lines()

    def events(self) -> list[dict[str, Any]]:
        """Return what was written since the last call, once the log has settled."""
        time.sleep(self._settle)
        mark = f'"namespace":"{self._namespace}"'.encode()
        events = [json.loads(line) for line in self._lines() if mark in line]
        return [
            event
            for event in events
            if event.get("objectRef", {}).get("namespace") == self._namespace
            and event.get("responseStatus", {}).get("code", 0) < 300
        ]

    def _lines(self) -> list[bytes]:
        """Return the whole lines that follow what was read before."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole, newline, _ = log.read().rpartition(b"\n")
        self._read += len(whole) + len(newline)
        return whole.splitlines()
