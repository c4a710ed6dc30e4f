"""What a task running in a worker process can ask: the worker's side of its host.

Everything it says goes to the driver as messages about the worker's present ticket.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any

from fairlead.runner import protocol, wire
from fairlead.runner.remote_cache import RemoteCache
from fairlead.runner.slots import Slot

if TYPE_CHECKING:
    from fairlead.sdk.attempt import AttemptOrder
    from fairlead.sdk.backend import Progress
    from fairlead.sdk.cache import JobCache


class Talk:
    """The worker's line to the driver.  Any thread of a task may use it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._receiver = wire.Receiver(sock)
        self._lock = threading.Lock()

    def tell(self, ticket: int, kind: int, body: bytes = b"") -> None:
        """Send one message; blocks while the driver is behind."""
        wire.send(self._sock, ticket, kind, body)

    def ask(self, ticket: int, kind: int, body: bytes) -> bytes:
        """Send one question and return the answer."""
        with self._lock:
            wire.send(self._sock, ticket, kind, body)
            answer = self._receiver.receive()
        if answer is None:
            raise ConnectionError("The driver of this task is gone.")
        return answer.body()


class WorkerHost:
    """The :class:`fairlead.sdk.attempt.AttemptHost` of one attempt in a worker."""

    def __init__(
        self, talk: Talk, slot: Slot, ticket: int, order: AttemptOrder, files_root: str
    ) -> None:
        self._talk = talk
        self._slot = slot
        self._ticket = ticket
        self._order = order
        self._files_root = files_root
        self._waiting = 0
        self._lock = threading.Lock()

    def should_stop(self) -> bool:
        """Return whether the task has been asked to stop."""
        return self._slot.stops(self._ticket)

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        """Hand one log line to the driver."""
        self._talk.tell(self._ticket, protocol.LOG, protocol.encode_log(level, message, fields))

    def report(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        """Hand the task's present display, progress and status to the driver."""
        body = protocol.encode_report(display, progress, status_text)
        self._talk.tell(self._ticket, protocol.REPORT, body)

    def cache(self) -> JobCache:
        """Return the job's cache as committed, read through the driver."""
        return RemoteCache(self._ask_cache)

    def files_folder(self) -> str:
        """Return the folder of the files the task leaves behind, made if need be."""
        folder = os.path.join(self._files_root, self._order.job_id, self._order.task_id)
        os.makedirs(folder, exist_ok=True)
        return folder

    def wait(self, begins: bool) -> None:
        """Say that the task begins or ends waiting, and so gives up or takes its slot."""
        with self._lock:
            before = self._waiting
            self._waiting += 1 if begins else -1
            if (before == 0) != (self._waiting == 0):
                self._talk.tell(self._ticket, protocol.BLOCKED, b"1" if begins else b"0")

    def _ask_cache(self, question: bytes) -> bytes:
        return self._talk.ask(self._ticket, protocol.CACHE, question)
