"""What all parts of an agent share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from fairlead.runner.pod.ground import Ground
from fairlead.runner.pod.loading import Loading
from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.settings import PodSettings
from fairlead.sdk.objectstore import ObjectStore


class Message(NamedTuple):
    """Something that has happened, told to the main thread.

    ``about`` is whom it concerns: what was meant for an earlier attempt is dropped.
    """

    about: object
    what: str
    value: Any = None


class Inbox:
    """What the main thread waits for.  Signal handlers may put things into it, too."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()

    def put(self, about: object, what: str, value: Any = None) -> None:
        """Tell the main thread."""
        self._messages.put(Message(about, what, value))

    def get(self, about: object, seconds: float | None) -> Message | None:
        """Return what comes next; None if nothing has come for some seconds.

        Messages about nothing in particular are for everybody.
        """
        try:
            message = self._messages.get(timeout=seconds)
        except Empty:
            return None
        return message if message.about in (None, about) else Message(None, "nothing")


@dataclass(slots=True)
class Pod:
    """What all parts of an agent share.

    Attributes
    ----------
    ground
        Where the task's code is.
    loading
        The loading of the release, which makes the stage that tasks run on.
    terminating
        Is set once the pod has been told to end.
    terminated
        When that was, by ``time.monotonic()``.
    """

    settings: PodSettings
    api: TaskApi
    store: ObjectStore | None
    ground: Ground
    loading: Loading
    inbox: Inbox = field(default_factory=Inbox)
    terminating: threading.Event = field(default_factory=threading.Event)
    terminated: float | None = None

    def terminate(self) -> None:
        """Tell all parts that the pod is to end.  May be called by a signal handler."""
        if self.terminated is None:
            self.terminated = time.monotonic()
        self.terminating.set()
        self.inbox.put(None, "terminate")
