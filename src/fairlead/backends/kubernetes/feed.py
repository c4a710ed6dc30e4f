"""What happens to a selection of objects: a listing, and then a watch that goes on for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from time import monotonic

from fairlead.backends.kubernetes.errors import GoneError, UnansweredError, error_of
from fairlead.backends.kubernetes.kinds import Kind
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.backends.kubernetes.stream import Stream
from fairlead.backends.kubernetes.words import Object

WATCH_SECONDS = 240
"""How long one watch lasts before it is begun again where it ended."""

SHORTEST = 1.0
"""Seconds that a watch lasts at least, unless it broke; what ends sooner is begun again later."""

LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Some objects of one kind in one namespace."""

    kind: Kind
    namespace: str
    labels: str = ""
    fields: str = ""


@dataclass(frozen=True, slots=True)
class Sink:
    """Where events go.  All is called from the feed's thread.

    Attributes
    ----------
    listed
        Takes all that there is now; what is not in it is gone.
    seen
        Takes an object that is new or was changed.
    gone
        Takes an object that was deleted.
    failed
        Takes the error after which the feed has given up.
    """

    listed: Callable[[list[Object]], None]
    seen: Callable[[Object], None]
    gone: Callable[[Object], None]
    failed: Callable[[Exception], None]


class Feed:
    """One thread that keeps a sink informed until it is stopped.

    It goes on after a disconnection where it was, and lists anew where the server no
    longer knows what happened since.  What the server refuses for good ends it, and so does
    an answer that nobody understands; the sink is told.
    """

    def __init__(self, rest: RestClient, selection: Selection, sink: Sink) -> None:
        self._rest = rest
        self._selection = selection
        self._sink = sink
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._version: str | None = None
        self._pause = 0.1
        self._thread = threading.Thread(
            target=self._run, name=f"fairlead-watch-{selection.kind.plural}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it soon; it may still pass on what it is reading."""
        self._stopped.set()
        stream = self._stream
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            begun = monotonic()
            try:
                if self._version is None:
                    self._list()
                self._watch(str(self._version))
            except GoneError:
                self._version = None
            except UnansweredError:
                self._rest_a_while()
                continue
            except Exception as error:  # whatever it is: those who wait must not do so for ever
                if not self._stopped.is_set():
                    self._sink.failed(error)
                return
            if monotonic() - begun < SHORTEST:
                self._rest_a_while()
            else:
                self._pause = 0.1

    def _rest_a_while(self) -> None:
        self._stopped.wait(uniform(0.5, 1.0) * self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _list(self) -> None:
        one = self._selection
        found: list[Object] = []
        for page in self._rest.pages(one.kind, one.namespace, labels=one.labels, fields=one.fields):
            found += page["items"]
            version = str(page["metadata"]["resourceVersion"])
        self._sink.listed(found)
        self._version = version

    def _watch(self, version: str) -> None:
        one = self._selection
        stream = self._rest.watch(
            one.kind,
            one.namespace,
            resource_version=version,
            labels=one.labels,
            fields=one.fields,
            seconds=WATCH_SECONDS,
        )
        with stream:
            self._stream = stream
            if self._stopped.is_set():
                return
            for event in stream.events():
                self._take(event)

    def _take(self, event: Object) -> None:
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            where = self._rest.connection.where
            raise error_of(int(item.get("code") or 500), item, path="", where=where)
        if kind in ("ADDED", "MODIFIED"):
            self._sink.seen(item)
        elif kind == "DELETED":
            self._sink.gone(item)
        self._version = str(item["metadata"]["resourceVersion"])
