"""Puts the operator together: client, observers, elector, dispatcher, health, in one process.

Everything lives in one group of tasks, so that the death of any part ends the process, and
somebody starts it anew: half an operator that looks alive is the worst of all.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from fairlead.api import labels
from fairlead_operator import checks, health
from fairlead_operator.elector import Elector
from fairlead_operator.kube import config
from fairlead_operator.kube.client import KubeClient, Patience
from fairlead_operator.kube.kinds import (
    ACCOUNTS,
    GROUPS,
    JOBS,
    PODS,
    RELEASES,
    SIZES,
    TASKS,
)
from fairlead_operator.logs import Log
from fairlead_operator.metrics import Metrics
from fairlead_operator.observe.event import Event, Observer
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.listwatch import Pace
from fairlead_operator.observe.own import ListWatchObserver, Wanted, run_all
from fairlead_operator.settings import Settings

if TYPE_CHECKING:
    from fairlead_operator.exposition import Exposition

log = Log("app")

BUSY: Sequence[Wanted] = (
    Wanted(ACCOUNTS, f"{labels.RUNNER_ACCOUNT}=true"),
    Wanted(PODS, f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"),
    Wanted(TASKS),
)
"""What is always watched by ourselves: there are many, or they are chosen by a label."""

QUIET: Sequence[Wanted] = (Wanted(SIZES), Wanted(RELEASES), Wanted(GROUPS), Wanted(JOBS))
"""What kopf may watch."""

LAG_SECONDS = 0.5
"""How often the event loop is asked how late it is."""


class Acting(Protocol):
    """What decides and acts: :class:`fairlead_operator.dispatcher.Dispatcher`."""

    def emit(self, event: Event, /) -> None:
        """Take note of an event, on the leader as on a standby."""

    def synced(self) -> None:
        """Take note that everything there is was told."""

    async def run(self) -> None:
        """Act until cancelled; called once this process leads."""


MakeActing = Callable[[KubeClient, Settings, Metrics], Acting]


class StoppedError(Exception):
    """Somebody asked the process to end."""


class Operator:
    """One operator process.

    Parameters
    ----------
    make
        Makes what decides and acts.
    """

    def __init__(self, settings: Settings, cluster: config.ClusterConfig, make: MakeActing) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self.freshness = Freshness()
        self.health = health.Health(self.freshness)
        self.client = KubeClient(cluster, most_requests=settings.requests)
        self._hasty_client = KubeClient(cluster, patience=_hasty(settings.lease_seconds))
        self.elector = Elector(
            self._hasty_client,
            settings.namespace or cluster.namespace,
            settings.lease,
            settings.identity,
            seconds=settings.lease_seconds,
        )
        self.client.guard = self.elector.confirmed
        self._acting = make(self.client, settings, self.metrics)
        self._exposition: Exposition | None = None
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Be an operator until SIGTERM or SIGINT, and then give the lease back.

        Raises
        ------
        BaseExceptionGroup
            If any part of it dies.
        """
        async with (
            self._connections(),
            health.serve(self.health, self._numbers, self._settings.port) as port,
        ):
            log.info("started", port=port, identity=self.elector.identity)
            self._handle_signals()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_until_stopped(self._stop))
                    group.create_task(self._work())
                    group.create_task(self._watch_lag())
            except* StoppedError:
                log.info("stopped")
            finally:
                await self.elector.release()

    async def _work(self) -> None:
        # By the hasty client: what is wanting is to be said soon.
        await checks.wait_fit(self._hasty_client)
        self.health.fit = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self._observe())
            group.create_task(self._lead())

    async def _observe(self) -> None:
        began = time.monotonic()

        def synced() -> None:
            self.health.synced = True
            log.info("synced", seconds=round(time.monotonic() - began, 2))
            self._acting.synced()

        await run_all(self._observers(), self._emit, synced)

    def _observers(self) -> Sequence[Observer]:
        """Return the sources of events that the settings ask for."""
        through_kopf = self._settings.observe == "kopf"
        own = ListWatchObserver(
            self.client,
            BUSY if through_kopf else (*QUIET, *BUSY),
            self._settings.watch,
            pace=self._pace,
            freshness=self.freshness,
        )
        if not through_kopf:
            return (own,)
        # Whoever does not use kopf does not pay for its memory.
        from fairlead_operator.observe.through_kopf import KopfObserver

        kopf = KopfObserver(
            self.client,
            QUIET,
            self._settings.watch,
            pace=self._pace,
            freshness=self.freshness,
            took_signals=self._handle_signals,
        )
        return (kopf, own)

    @property
    def _pace(self) -> Pace:
        return Pace(relist_seconds=self._settings.relist_seconds)

    def _handle_signals(self) -> None:
        """Have SIGTERM and SIGINT set what :meth:`run` waits for."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    def _emit(self, event: Event) -> None:
        self.metrics.event_seen(event.kind.plural, event.type)
        self._acting.emit(event)

    async def _lead(self) -> None:
        await self.elector.campaign()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.elector.keep())
            group.create_task(self._act())

    async def _act(self) -> None:
        await self._acting.run()
        raise RuntimeError("the dispatcher has returned")

    async def _watch_lag(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_SECONDS)
            self.metrics.lagged(max(0.0, time.monotonic() - began - LAG_SECONDS))

    def _numbers(self) -> tuple[bytes, str]:
        # Only an operator that is asked for its numbers loads what writes them.
        from fairlead_operator.exposition import CONTENT_TYPE, Exposition

        if self._exposition is None:
            self._exposition = Exposition(
                self.metrics, self.client.counts, self.freshness, lambda: self.elector.leading
            )
        return self._exposition.text(), CONTENT_TYPE

    @asynccontextmanager
    async def _connections(self) -> AsyncIterator[None]:
        async with self.client, self._hasty_client:
            yield


def _hasty(lease_seconds: float) -> Patience:
    """Return the patience of those whose own loops try again, and know until when."""
    return Patience(tries=1, seconds=lease_seconds / 5)


async def _until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()
    raise StoppedError


async def run(settings: Settings, make: MakeActing) -> None:
    """Be an operator of the cluster that the environment names, until SIGTERM or SIGINT."""
    await Operator(settings, config.load(), make).run()
