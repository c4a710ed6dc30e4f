"""Following Tasks: a list, then a watch, then a list again where the watch breaks off."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from fairlead.runner.pod.errors import ApiAwayError, RefusedError, StoppedWaitingError
from fairlead.runner.pod.patience import Pauses
from fairlead.runner.pod.rest import EventStream, Object, TaskApi

WATCH_SECONDS = (45, 60)
"""How long one watch lasts.  One whose connection is dead without a word is noticed a
request's time after that; runners that started together must not list together."""

Seen = Callable[[Object, bool], None]
"""Is given a Task as it is now, and whether it is gone."""


class Follower:
    """A thread that tells of every change of some Tasks.

    Parameters
    ----------
    seen
        Is called, in that thread, with each Task as it is; perhaps more than once.
    start
        The version of the collection from which on there is news; empty to list first.
    delay
        Seconds before it begins.  From a version on nothing is missed by that, and what ends
        before needs no watch.
    query
        What selects the Tasks, as in a list.
    """

    def __init__(
        self, api: TaskApi, seen: Seen, start: str = "", delay: float = 0.0, **query: str
    ) -> None:
        self._api = api
        self._seen = seen
        self._version = start
        self._delay = delay
        self._query = query
        self._stopped = threading.Event()
        self._stream: EventStream | None = None
        self._thread = threading.Thread(target=self._run, name="fairlead-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell of nothing more."""
        self._stopped.set()
        stream = self._stream
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        pauses = Pauses(self._stopped)
        self._stopped.wait(self._delay)
        try:
            while not self._stopped.is_set():
                began = time.monotonic()
                try:
                    self._follow_once()
                    if time.monotonic() - began < 1.0:
                        pauses.pause()  # a server that ends every watch at once is not well
                    else:
                        pauses = Pauses(self._stopped)
                except (ApiAwayError, RefusedError) as error:
                    self._version = ""
                    pauses.pause(getattr(error, "retry_after", 0.0))
        except StoppedWaitingError:
            pass
        finally:
            self._api.close()

    def _follow_once(self) -> None:
        if not self._version:
            tasks, self._version = self._api.tasks(**self._query)
            for task in tasks:
                self._tell(task, False)
        seconds = random.randint(*WATCH_SECONDS)
        self._stream = stream = self._api.watch(self._version, seconds, **self._query)
        if self._stopped.is_set():  # before close() could know of the stream
            stream.close()
        for event in stream:
            task = event.get("object") or {}
            if event.get("type") == "ERROR":
                self._version = ""  # most often because the version is too old
                stream.close()
                return
            self._version = task["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                self._tell(task, event["type"] == "DELETED")

    def _tell(self, task: Object, gone: bool) -> None:
        if not self._stopped.is_set():
            self._seen(task, gone)
