"""Puts the operator together: health, monitor, elector, and one life after the other.

Everything lives in one group of tasks, so that a mistake in any part ends the process, and
somebody starts it anew: half an operator that looks alive is the worst of all. What only the
cluster can mend (:mod:`fairlead_operator.problems`), and a lost lease, end no process: a start
would help nothing, and many of them look like a mistake of the operator.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fairlead_operator import health
from fairlead_operator.checks import Checks
from fairlead_operator.elector import Elector, LeaseLostError
from fairlead_operator.kube import config
from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.client import KubeClient, Patience
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.life import Life, MakeActing
from fairlead_operator.logs import Log
from fairlead_operator.monitor import Monitor
from fairlead_operator.observe.listwatch import StaleServerError
from fairlead_operator.problems import Problems
from fairlead_operator.rights import Rights, needed
from fairlead_operator.settings import Settings

if TYPE_CHECKING:
    from fairlead_operator.exposition import Exposition

log = Log("app")

LAG_SECONDS = 0.5
"""How often the event loop is asked how late it is."""

SHORT_SECONDS = 60.0
"""A life that lasts less than this is followed by a pause, each longer than the one before."""

MOST_REVIEWS = 8
"""How many requests about rights are under way at once."""


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
        self._cluster = cluster
        self._make = make
        self.counts = RequestCounts()
        self._hasty_client, self._reviewer = (
            KubeClient(
                cluster,
                patience=_hasty(settings.lease_seconds),
                most_requests=MOST_REVIEWS,
                counts=self.counts,
            )
            for _ in range(2)
        )
        own = settings.namespace or cluster.namespace
        self.elector = Elector(
            self._hasty_client,
            own,
            settings.lease,
            settings.identity,
            seconds=settings.lease_seconds,
        )
        self.problems = Problems()
        self.monitor = Monitor(
            Checks(self._reviewer),
            Rights(self._reviewer, needed(settings.watch, own)),
            self.problems,
            lambda: self.counts.requests,
            lambda: self.life,
        )
        self.health = health.Health(self.problems, lambda: self.life)
        self._exposition: Exposition | None = None
        self._stop = asyncio.Event()
        self.life = self._new_life()

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
                    group.create_task(self.monitor.run())
                    group.create_task(self._live())
                    group.create_task(self._watch_lag())
            except* StoppedError:
                log.info("stopped")
            finally:
                await self.elector.release()

    async def _live(self) -> None:
        """Live one life after the other, each once the cluster is fit for it."""
        pauses, short = Backoff(first=0.5, most=30.0), 0
        while True:
            await self.monitor.wait_fit()
            began = time.monotonic()
            try:
                await self.life.run()
            except* (LeaseLostError, StaleServerError) as ends:
                if self._settings.observe == "kopf":
                    # Kopf's end takes with it whatever else it finds in the process.
                    raise
                log.warning("beginning anew", because=_first(ends))
            self.elector.give_up()
            self.life = self._new_life()
            self._exposition = None
            short = 0 if time.monotonic() - began >= SHORT_SECONDS else short + 1
            if short:
                await asyncio.sleep(pauses.pause(short))

    def _new_life(self) -> Life:
        return Life(
            self._settings,
            self._cluster,
            self.counts,
            self.elector,
            self._make,
            took_signals=self._handle_signals,
        )

    def _handle_signals(self) -> None:
        """Have SIGTERM and SIGINT set what :meth:`run` waits for."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)

    async def _watch_lag(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(LAG_SECONDS)
            self.life.metrics.lagged(max(0.0, time.monotonic() - began - LAG_SECONDS))

    async def _numbers(self) -> tuple[bytes, str]:
        # Only an operator that is asked for its numbers loads what writes them.
        from fairlead_operator.exposition import CONTENT_TYPE, Exposition
        from fairlead_operator.problem_numbers import ProblemNumbers

        if self._exposition is None:
            life = self.life
            self._exposition = Exposition(
                life.metrics,
                self.counts,
                life.freshness,
                lambda: self.elector.leading,
                [ProblemNumbers(self.problems.numbers, lambda: self.health.ready() is None)],
            )
        return await self._exposition.text_in_steps(), CONTENT_TYPE

    @asynccontextmanager
    async def _connections(self) -> AsyncIterator[None]:
        async with self._hasty_client, self._reviewer:
            yield


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first exception in a group."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _hasty(lease_seconds: float) -> Patience:
    """Return the patience of those whose own loops try again, and know until when."""
    return Patience(tries=1, seconds=lease_seconds / 5)


async def _until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()
    raise StoppedError


async def run(settings: Settings, make: MakeActing) -> None:
    """Be an operator of the cluster that the environment names, until SIGTERM or SIGINT."""
    await Operator(settings, config.load(), make).run()
