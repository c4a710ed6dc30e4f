"""One life of the operator: from when the cluster is fit until the lease is lost.

A life holds everything that was learned and everything that acts. After it, all of that is
dropped and the next one begins with nothing, as after a start of the process, and nothing of
the former can write any more: its client is closed, and let nothing through before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from fairlead.api import labels
from fairlead_operator.elector import Elector, LeaseLostError
from fairlead_operator.kube import config
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.kube.kinds import ACCOUNTS, GROUPS, JOBS, PODS, RELEASES, SIZES, TASKS
from fairlead_operator.logs import Log
from fairlead_operator.metrics import Metrics
from fairlead_operator.observe.event import Event, Observer
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.observe.listwatch import Pace
from fairlead_operator.observe.own import ListWatchObserver, Wanted, run_all
from fairlead_operator.problems import STALE, UNSYNCED, Finding
from fairlead_operator.settings import Settings

log = Log("app")

BUSY: Sequence[Wanted] = (
    Wanted(ACCOUNTS, f"{labels.RUNNER_ACCOUNT}=true"),
    Wanted(PODS, f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"),
    Wanted(TASKS),
)
"""What is always watched by ourselves: there are many, or they are chosen by a label."""

QUIET: Sequence[Wanted] = (Wanted(SIZES), Wanted(RELEASES), Wanted(GROUPS), Wanted(JOBS))
"""What kopf may watch."""

OLDEST_VIEW_SECONDS = 120.0
"""How old the view of a kind may be before the operator counts as not ready."""

SYNC_SECONDS = 60.0
"""How long the first lists may take before that counts as a problem."""


class Acting(Protocol):
    """What decides and acts: :class:`fairlead_operator.dispatcher.Dispatcher`."""

    def emit(self, event: Event, /) -> None:
        """Take note of an event, on the leader as on a standby."""

    def synced(self) -> None:
        """Take note that everything there is was told."""

    async def run(self) -> None:
        """Act until cancelled; called once this process leads."""


MakeActing = Callable[[KubeClient, Settings, Metrics], Acting]


class Life:
    """What one life of the operator knows and does.

    Parameters
    ----------
    counts
        Where its requests are counted.
    make
        Makes what decides and acts.
    took_signals
        Called once somebody has taken the process's handlers of signals.
    clock
        Seconds that only grow.

    Attributes
    ----------
    synced
        Whether everything that there is was observed.
    """

    def __init__(
        self,
        settings: Settings,
        cluster: config.ClusterConfig,
        counts: RequestCounts,
        elector: Elector,
        make: MakeActing,
        took_signals: Callable[[], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._elector = elector
        self._took_signals = took_signals
        self._clock = clock
        self.metrics = Metrics()
        self.freshness = Freshness(clock)
        self.synced = False
        self._began: float | None = None
        self._over = False
        self._client = KubeClient(cluster, most_requests=settings.requests, counts=counts)
        self._client.guard = self._may_write
        self._acting = make(self._client, settings, self.metrics)

    async def run(self) -> None:
        """Observe, and act once this process leads, until the lease is lost.

        Raises
        ------
        BaseExceptionGroup
            However it ends.
        """
        self._began = self._clock()
        async with self._client:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._observe())
                    group.create_task(self._lead())
            finally:
                self._over = True

    def problem(self) -> Finding | None:
        """Return what is wrong with the view of the objects, if anything."""
        if self._began is None or self._over:
            return None
        if not self.synced and self._clock() - self._began > SYNC_SECONDS:
            return Finding(UNSYNCED, f"not everything was listed within {SYNC_SECONDS:.0f} s")
        ages = self.freshness.ages()
        old = sorted(source for source, age in ages.items() if age > OLDEST_VIEW_SECONDS)
        if old:
            seconds = f"{OLDEST_VIEW_SECONDS:.0f} s"
            return Finding(STALE, f"nothing was heard for {seconds} of {', '.join(old)}")
        return None

    async def _may_write(self) -> None:
        if self._over:
            raise LeaseLostError("another life of this operator has begun")
        await self._elector.confirmed()

    async def _observe(self) -> None:
        began = self._clock()

        def synced() -> None:
            self.synced = True
            log.info("synced", seconds=round(self._clock() - began, 2))
            self._acting.synced()

        await run_all(self._observers(), self._emit, synced)

    def _observers(self) -> Sequence[Observer]:
        """Return the sources of events that the settings ask for."""
        through_kopf = self._settings.observe == "kopf"
        pace = Pace(relist_seconds=self._settings.relist_seconds)
        own = ListWatchObserver(
            self._client,
            BUSY if through_kopf else (*QUIET, *BUSY),
            self._settings.watch,
            pace=pace,
            freshness=self.freshness,
        )
        if not through_kopf:
            return (own,)
        # Whoever does not use kopf does not pay for its memory.
        from fairlead_operator.observe.through_kopf import KopfObserver

        kopf = KopfObserver(
            self._client,
            QUIET,
            self._settings.watch,
            pace=pace,
            freshness=self.freshness,
            took_signals=self._took_signals,
        )
        return (kopf, own)

    def _emit(self, event: Event) -> None:
        self.metrics.event_seen(event.kind.plural, event.type)
        self._acting.emit(event)

    async def _lead(self) -> None:
        await self._elector.campaign()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._elector.keep())
            group.create_task(self._act())

    async def _act(self) -> None:
        await self._acting.run()
        raise RuntimeError("the dispatcher has returned")
