"""One collection, listed and then followed: the source of its events.

A list tells what is there, and a watch from the list's version on tells every change after
it, so nothing falls between the two. When the server has forgotten that version (410), the
list is read again, and what it does not show any more is told as deleted. Every few minutes
that is done in any case, with metadata only, and finds what a watch should have told.

A watch is agreed to end after less than a minute. One that has not ended a little later is
dead, however much its connection pretends to live.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fairlead_operator.kube.answers import read_answer
from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.client import KubeClient, Page
from fairlead_operator.kube.errors import (
    ForbiddenError,
    GoneError,
    KubeError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    from_status,
)
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.logs import Log
from fairlead_operator.observe.event import Emit, Event, Synced
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.known import Key, Known, key_of, version_of

log = Log("observe")

BRIEF_SECONDS = 1.0
"""A watch that ends sooner than this counts as a failure, so that none is opened in a loop."""

WORTH_A_WORD = 2
"""At which failure in a row the log gets a line: the first may be chance, all are too many."""

LOST_AFTER = 5
"""After how many failures in a row the list is read again."""


class StaleServerError(KubeError):
    """The server has shown only the past for so long that its store must have been put back."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(0, "StaleServer", f"{kind} are shown as they were before; starting over")


@dataclass(frozen=True)
class Pace:
    """How often things are done.

    Attributes
    ----------
    watch_seconds
        How long one watch lasts at most; a dead one is noticed 10 s after that.
    relist_seconds
        How long after a list the next one is read; the watch under way ends first.
    stale_seconds
        How long lists that are older than what was seen are refused.
    page
        How many objects are read at once: large ones take up to 70 kB each.
    """

    watch_seconds: int = 50
    relist_seconds: float = 240.0
    stale_seconds: float = 120.0
    page: int = 250
    backoff: Backoff = field(default_factory=lambda: Backoff(first=0.2, most=10.0))

    def draw_seconds(self) -> int:
        """Return how long the next watch lasts: not all of them are to end at one moment."""
        return self.watch_seconds - random.randrange(1 + self.watch_seconds // 5)


class ListWatch:
    """The objects of one kind, in one namespace or everywhere.

    Parameters
    ----------
    namespace
        None for all of them.
    labels
        A selector.
    """

    def __init__(
        self,
        client: KubeClient,
        kind: Kind,
        namespace: str | None = None,
        *,
        labels: str = "",
        pace: Pace | None = None,
        freshness: Freshness | None = None,
    ) -> None:
        self._client = client
        self._kind = kind
        self._namespace = namespace
        self._labels = labels
        self._pace = pace or Pace()
        self._freshness = freshness or Freshness()
        self._source = f"{kind.plural}/{namespace}" if namespace else kind.plural
        self._freshness.expect(self._source)
        self._known = Known(kind)
        # The version up to which everything was told; None: the list has to be read.
        self._version: int | None = None
        self._newest = 0
        self._listed = 0.0
        self._stale_since: float | None = None

    async def run(self, emit: Emit, synced: Synced) -> None:
        """Emit events until cancelled; ``synced`` is called after the first list.

        Raises
        ------
        StaleServerError
            If the server's store was put back to an earlier state. Only a new start helps.
        """
        failures = 0
        told = False
        while True:
            self._freshness.turned(self._source)
            try:
                await self._catch_up(emit)
                if not told:
                    told = True
                    synced()
                if await self._follow(emit):
                    failures = 0
                    continue
                problem: KubeError = KubeError(0, "Ended", "the watch ended at once")
            except GoneError as gone:
                log.info("list again", source=self._source, because=gone.message)
                self._version = None
                problem = gone
            except StaleServerError:
                raise
            except KubeError as error:
                problem = error
            failures += 1
            await self._wait_out(problem, failures)

    async def _wait_out(self, problem: KubeError, failures: int) -> None:
        if failures >= LOST_AFTER:
            self._version = None
        pause = self._pace.backoff.pause(failures, problem.retry_after)
        # One may be chance. Many are one line, and none where the monitor says it for all.
        news = failures == WORTH_A_WORD and not _is_told(problem)
        write = log.warning if news else log.debug
        write("try again", source=self._source, pause=round(pause, 1), because=problem)
        await asyncio.sleep(pause)

    # --- listing ----------------------------------------------------------------------

    async def _catch_up(self, emit: Emit) -> None:
        """Read the list, if it was not read or that is long ago."""
        if self._version is None:
            await self._list(emit)
        elif time.monotonic() - self._listed >= self._pace.relist_seconds:
            await self._compare_or_postpone(emit)

    async def _list(self, emit: Emit) -> None:
        """Tell all that is there, page by page, and then what is not there any more."""
        there: set[Key] = set()
        async for page in self._pages():
            for item in page.items:
                there.add(key_of(item["metadata"]))
                _tell(self._known.present(item), emit)
        self._finish(page, there, emit)

    async def _compare_or_postpone(self, emit: Emit) -> None:
        try:
            await self._compare(emit)
        except StaleServerError:
            raise
        except KubeError as error:
            # The watch may go on without: it is only to be found out what it has missed.
            log.warning("compare again after the next watch", source=self._source, because=error)

    async def _compare(self, emit: Emit) -> None:
        """Find by their metadata the objects that are not as they were told."""
        there: set[Key] = set()
        changed: list[Key] = []
        async for page in self._pages(metadata_only=True):
            keys = [(key_of(item["metadata"]), item["metadata"]) for item in page.items]
            there.update(key for key, _ in keys)
            changed += [key for key, metadata in keys if self._known.is_news(metadata)]
        for namespace, name in changed:
            await self._tell_one(namespace, name, emit)
        self._finish(page, there, emit)

    async def _tell_one(self, namespace: str, name: str, emit: Emit) -> None:
        try:
            item = await self._client.get(self._kind, namespace or None, name)
        except NotFoundError:
            # It went meanwhile, which the watch is going to tell.
            return
        _tell(self._known.present(item), emit)

    async def _pages(self, *, metadata_only: bool = False) -> AsyncIterator[Page]:
        async for page in self._client.pages(
            self._kind,
            self._namespace,
            labels=self._labels,
            limit=self._pace.page,
            metadata_only=metadata_only,
        ):
            self._freshness.heard(self._source)
            self._refuse_past(int(page.resource_version))
            yield page

    def _refuse_past(self, version: int) -> None:
        """Raise for a list that is older than what was told: it would tell of lost objects."""
        if version >= self._newest:
            self._stale_since = None
            return
        now = time.monotonic()
        self._stale_since = self._stale_since or now
        if now - self._stale_since >= self._pace.stale_seconds:
            raise StaleServerError(self._kind)
        raise KubeError(0, "Stale", f"a list of version {version} came after {self._newest}")

    def _finish(self, page: Page, there: set[Key], emit: Emit) -> None:
        self._version = int(page.resource_version)
        _tell(self._known.vanished(there, upto=self._version), emit)
        self._newest = max(self._newest, self._version)
        self._listed = time.monotonic()

    # --- watching ---------------------------------------------------------------------

    async def _follow(self, emit: Emit) -> bool:
        """Tell every change until the watch ends; return whether it was of any use."""
        began = time.monotonic()
        before = self._version
        async with self._client.watch(
            self._kind,
            self._namespace,
            resource_version=str(self._version),
            labels=self._labels,
            seconds=self._pace.draw_seconds(),
        ) as stream:
            self._freshness.heard(self._source)
            async for lines in stream.lines():
                self._freshness.heard(self._source)
                for line in lines:
                    self._take(read_answer(line), emit)
        return self._version != before or time.monotonic() - began >= BRIEF_SECONDS

    def _take(self, told: dict[str, Any], emit: Emit) -> None:
        """Take one line of a watch."""
        change, item = told["type"], told["object"]
        if change == "ERROR":
            raise from_status(item)
        version = version_of(item["metadata"])
        if self._version is not None and version <= self._version:
            # A watch goes forward. This one was led into the past, or says things twice.
            return
        self._version = version
        self._newest = max(self._newest, version)
        if change == "DELETED":
            _tell(self._known.deleted(item), emit)
        elif change != "BOOKMARK":
            _tell(self._known.present(item), emit)


def _is_told(problem: KubeError) -> bool:
    """Whether a problem is one that keeps the whole operator from its work: it has a line."""
    everywhere = (UnauthorizedError, ForbiddenError, NotFoundError)
    return isinstance(problem, everywhere) or (
        isinstance(problem, UnavailableError) and not problem.status
    )


def _tell(events: list[Event], emit: Emit) -> None:
    for event in events:
        emit(event)
