"""What all parts of an agent share."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from fairlead.runner.pod.rest import TaskApi
from fairlead.runner.pod.rooms import Rooms
from fairlead.runner.pod.settings import PodSettings
from fairlead.runner.pod.stage import Stage
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
    stage
        Where tasks run, once the release is loaded, or why it cannot be.
    terminating
        Is set once the pod has been told to end.
    """

    settings: PodSettings
    api: TaskApi
    store: ObjectStore | None
    rooms: Rooms
    inbox: Inbox = field(default_factory=Inbox)
    stage: Future[Stage] = field(default_factory=Future)
    terminating: threading.Event = field(default_factory=threading.Event)
