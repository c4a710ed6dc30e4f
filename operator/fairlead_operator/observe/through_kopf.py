"""An observer that lets kopf watch: its low-level event handlers, and nothing else of it.

Nothing rests on kopf's annotations, finalizers or retries: the handlers only pass events on,
the stores that would keep such things keep nothing, and no events are posted.

kopf tells neither when it has listed everything, nor what vanished while its watch was broken.
So the objects' metadata is listed beside it: at the start, to know when all is told, and every
minute, to tell what kopf did not. That suits kinds of which there are not many.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import kopf

from fairlead_operator.kube.client import AGENT, KubeClient, Page
from fairlead_operator.kube.config import ClusterConfig
from fairlead_operator.kube.errors import KubeError, NotFoundError
from fairlead_operator.kube.kinds import Kind
from fairlead_operator.logs import Log
from fairlead_operator.observe.event import Emit, Event, Synced
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.known import Key, Known, key_of
from fairlead_operator.observe.listwatch import Pace
from fairlead_operator.observe.own import Wanted, places

log = Log("observe")

COMPARE_SECONDS = 60.0
"""How often what there is is compared with what kopf told."""

LATE_SECONDS = 5.0
"""How long kopf gets to tell what is in a list before it is told without it."""


class NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no copy of objects: nobody asks what changed in them."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        """Return nothing instead of a deep copy of the object."""
        return {}

    def fetch(self, *, body: Any) -> Any:
        """Return no former state."""
        return None

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        """Write nothing."""


class NoProgress(kopf.ProgressStorage):
    """Keeps no record of handlers: none of them is ever repeated."""

    def fetch(self, *, key: Any, body: Any) -> Any:
        """Return no record."""
        return None

    def store(self, *, key: Any, record: Any, body: Any, patch: Any) -> None:
        """Write nothing."""

    def purge(self, *, key: Any, body: Any, patch: Any) -> None:
        """Write nothing."""

    def touch(self, *, body: Any, patch: Any, value: Any) -> None:
        """Write nothing."""

    def clear(self, *, essence: Any) -> Any:
        """Return the object as it is: there is nothing of ours in it, so nothing is copied."""
        return essence


class KopfObserver:
    """Observes some kinds through kopf, in some namespaces or in all.

    Parameters
    ----------
    client
        For the lists beside it.
    namespaces
        None for all of them.
    took_signals
        Called once kopf has taken the process's handlers of SIGTERM and SIGINT for itself.
    """

    def __init__(
        self,
        client: KubeClient,
        wanted: Sequence[Wanted],
        namespaces: Sequence[str] | None = None,
        *,
        pace: Pace | None = None,
        freshness: Freshness | None = None,
        took_signals: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._namespaces = namespaces
        self._pace = pace or Pace()
        self._freshness = freshness or Freshness()
        self._took_signals = took_signals
        self._known = {item.kind: Known(item.kind) for item in wanted}
        for item in wanted:
            self._freshness.expect(item.kind.plural)

    async def run(self, emit: Emit, synced: Synced) -> None:
        """Emit events until cancelled."""
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, ssl=self._client.config.tls or True),
                headers={"User-Agent": AGENT},
            ) as session,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._watch(session, emit))
            group.create_task(self._compare_again_and_again(emit, synced))

    async def _watch(self, session: aiohttp.ClientSession, emit: Emit) -> None:
        # When kopf ends it ends every task that it finds, but for these.
        others = asyncio.all_tasks()
        tasks = await kopf.spawn_tasks(
            registry=self._registry(session, emit),
            settings=operator_settings(self._wanted, self._pace),
            standalone=True,
            clusterwide=self._namespaces is None,
            namespaces=list(self._namespaces or ()),
        )
        self._took_signals()
        await kopf.run_tasks(tasks, ignored=others)
        raise RuntimeError("kopf has returned")

    def _registry(self, session: aiohttp.ClientSession, emit: Emit) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        config = self._client.config

        async def login(**_: Any) -> kopf.AiohttpSession:
            return connection(session, config)

        kopf.on.login(registry=registry)(login)
        for item in self._wanted:
            kind = item.kind
            on = kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)
            on(self._handler(kind, emit))
        return registry

    def _handler(self, kind: Kind, emit: Emit) -> Any:
        known = self._known[kind]

        # A coroutine, because functions would be called in threads.
        async def told(event: Any, **_: Any) -> None:
            item = event["object"]
            gone = event["type"] == "DELETED"
            _tell(known.deleted(item) if gone else known.present(item), emit)

        return told

    # --- beside kopf --------------------------------------------------------------------

    async def _compare_again_and_again(self, emit: Emit, synced: Synced) -> None:
        for item in self._wanted:
            await self._until_compared(item, emit)
        synced()
        while True:
            await asyncio.sleep(min(COMPARE_SECONDS, self._pace.relist_seconds))
            for item in self._wanted:
                await self._until_compared(item, emit)

    async def _until_compared(self, item: Wanted, emit: Emit) -> None:
        failures = 0
        while True:
            self._freshness.turned(item.kind.plural)
            try:
                await self._compare(item, emit)
                return
            except KubeError as error:
                failures += 1
                log.warning("compare again", source=item.kind.plural, because=error)
                await asyncio.sleep(self._pace.backoff.pause(failures, error.retry_after))

    async def _compare(self, item: Wanted, emit: Emit) -> None:
        """Tell what is there and was not told, and what was told and is not there."""
        known, there, news = self._known[item.kind], set[Key](), list[dict[str, Any]]()
        # Of several lists the first is the oldest.
        version: int | None = None
        async for page in self._pages(item):
            version = int(page.resource_version) if version is None else version
            found = [entry["metadata"] for entry in page.items]
            there.update(key_of(metadata) for metadata in found)
            news += [metadata for metadata in found if known.is_news(metadata)]
        await self._await_told(known, news)
        for metadata in news:
            if known.is_news(metadata):
                await self._tell_one(item.kind, metadata, emit)
        _tell(known.vanished(there, upto=version or 0), emit)

    async def _pages(self, item: Wanted) -> AsyncIterator[Page]:
        for place in places(item.kind, self._namespaces):
            async for page in self._client.pages(
                item.kind, place, labels=item.labels, limit=self._pace.page, metadata_only=True
            ):
                self._freshness.heard(item.kind.plural)
                yield page

    async def _await_told(self, known: Known, listed: Sequence[dict[str, Any]]) -> None:
        """Leave it to kopf for a while to tell what is new in a list."""
        for _ in range(50):
            if not any(known.is_news(metadata) for metadata in listed):
                return
            await asyncio.sleep(LATE_SECONDS / 50)

    async def _tell_one(self, kind: Kind, metadata: dict[str, Any], emit: Emit) -> None:
        namespace, name = key_of(metadata)
        try:
            found = await self._client.get(kind, namespace or None, name)
        except NotFoundError:
            return
        _tell(self._known[kind].present(found), emit)


def operator_settings(wanted: Sequence[Wanted], pace: Pace) -> kopf.OperatorSettings:
    """Return kopf's settings: nothing is stored, posted or repeated, no watch may freeze."""
    settings = kopf.OperatorSettings()
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = NoProgress()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = pace.watch_seconds
    settings.watching.client_timeout = pace.watch_seconds + 10
    settings.watching.connect_timeout = 10
    settings.watching.chunk_size = pace.page
    settings.queueing.idle_timeout = 0.1
    settings.process.ultimate_exiting_timeout = None
    for item in wanted:
        if item.labels:
            kind = item.kind
            selector = (kind.group, kind.version, kind.plural)
            settings.watching.label_selectors[selector] = item.labels
    return settings


def connection(session: aiohttp.ClientSession, config: ClusterConfig) -> kopf.AiohttpSession:
    """Return the session for kopf, with the token of this moment."""
    if config.token is not None:
        config.token.forget()
        session.headers["Authorization"] = f"Bearer {config.token.text()}"
    return kopf.AiohttpSession(
        server=config.server, aiohttp_session=session, default_namespace=config.namespace
    )


def _tell(events: Sequence[Event], emit: Emit) -> None:
    for event in events:
        emit(event)
