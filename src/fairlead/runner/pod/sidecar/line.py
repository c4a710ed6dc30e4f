"""The agent's end of its line to the keeper: questions, answers, and news.

Nothing that comes over it is trusted: it is bounded, and what does not fit ends the line.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from fairlead.errors import BackendError, FairleadError, ReleaseError
from fairlead.runner import wire
from fairlead.runner.pod.sidecar import words

_Answer = tuple[wire.Message, list[int]]

_NONSENSE = (OSError, ValueError, TypeError, LookupError, OverflowError, RecursionError)
"""What comes of messages that a keeper which is what it should be does not send."""


class Line:
    """Waits for the keeper at a path, and is its one partner.

    Parameters
    ----------
    path
        Where in the file system; the folder is shared with the keeper's container alone.
    news
        Is told, from a thread of this line, what the keeper says of its own accord: the kind
        and the value.
    ended
        Is told when the keeper is gone.

    Attributes
    ----------
    gone
        Is set once the keeper is.
    """

    def __init__(
        self, path: str, news: Callable[[int, Any], None], ended: Callable[[], None]
    ) -> None:
        self.gone = threading.Event()
        self._path = path
        self._news = news
        self._ended = ended
        self._sock: socket.socket | None = None
        self._numbers = itertools.count(1)
        self._open: dict[int, Future[_Answer]] = {}
        self._lock = threading.Lock()
        self._listening = _listener(path)

    def await_keeper(self) -> None:
        """Wait for the keeper; whoever comes later finds nobody.

        No code of a task runs before, so it is the keeper.
        """
        self._sock, _ = self._listening.accept()
        self._listening.close()
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        threading.Thread(target=self._run, name="fairlead-line", daemon=True).start()

    @property
    def is_up(self) -> bool:
        """Whether the keeper has come."""
        return self._sock is not None

    def number(self) -> int:
        """Return the number of a question to come."""
        return next(self._numbers)

    def ask(
        self, kind: int, body: Any = None, files: Sequence[int] = (), number: int = 0
    ) -> tuple[int, Any, list[int]]:
        """Ask, and return kind and value of the answer, and the open files that came with it.

        Raises
        ------
        FairleadError
            If the keeper says no, or is gone.
        """
        asked = number or self.number()
        answer: Future[_Answer] = Future()
        with self._lock:
            if self.gone.is_set() or self._sock is None:
                raise _gone()
            self._open[asked] = answer
            try:
                data = json.dumps(body).encode()
                if files:
                    wire.send_descriptors(self._sock, asked, kind, list(files), data)
                else:
                    wire.send(self._sock, asked, kind, data)
            except OSError as error:
                del self._open[asked]
                raise _gone() from error
        message, received = answer.result()
        value = json.loads(message.inline)
        if message.kind == words.REFUSED:
            _close(received)
            raise _refusal(value)
        if message.kind != words.FILE:
            _close(received)
            return message.kind, value, []
        return message.kind, value, received

    def close(self) -> None:
        """Hang up, so that the keeper ends."""
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    # --- the thread -------------------------------------------------------------------

    def _run(self) -> None:
        assert self._sock is not None, "the keeper has come"
        with contextlib.suppress(*_NONSENSE):
            while (received := wire.receive_descriptors(self._sock)) is not None:
                self._take(*received)
        with self._lock:
            self.gone.set()
            waiting, self._open = list(self._open.values()), {}
        for one in waiting:
            one.set_exception(_gone())
        self._ended()

    def _take(self, message: wire.Message, files: list[int]) -> None:
        if message.ticket == 0:
            _close(files)
            self._news(message.kind, json.loads(message.inline))
            return
        json.loads(message.inline)  # while whoever does not speak JSON can still be hung up on
        with self._lock:
            waiting = self._open.pop(message.ticket, None)
        if waiting is None:
            _close(files)
            raise ValueError(f"an answer to question {message.ticket}, which nobody has asked")
        waiting.set_result((message, files))


def _listener(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.bind(path)
    # Another user may connect: the folder has given it the group that both containers are in.
    os.chmod(path, 0o660)
    sock.listen(1)
    return sock


def _close(files: Sequence[int]) -> None:
    for descriptor in files:
        os.close(descriptor)


def _gone() -> BackendError:
    return BackendError("the container with the task's code has ended")


def _refusal(value: Any) -> FairleadError:
    """Return the error that the keeper tells of: one of ours, or what stands for all others."""
    name, text = value if isinstance(value, list) and len(value) == 2 else ("", value)
    kind = ReleaseError if name == ReleaseError.__name__ else BackendError
    return kind(str(text)[:4000])
