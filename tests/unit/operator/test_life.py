"""One life of the operator: what is over writes nothing any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from fairlead_operator.elector import Elector, LeaseLostError
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.config import ClusterConfig
from fairlead_operator.kube.counts import RequestCounts
from fairlead_operator.life import OLDEST_VIEW_SECONDS, SYNC_SECONDS, Life
from fairlead_operator.metrics import Metrics
from fairlead_operator.observe.event import Event
from fairlead_operator.problems import STALE, UNSYNCED, Cause
from fairlead_operator.settings import Settings, load

# Nobody listens there: everything that is asked fails, and is tried again.
NOWHERE = ClusterConfig("http://127.0.0.1:9")


class LentElector(Elector):
    """Has the lease at once, and loses it when told."""

    def __init__(self, client: KubeClient) -> None:
        super().__init__(client, "here", "lease", "me")
        self.lost = asyncio.Event()

    async def campaign(self) -> None:
        self._renewed = self._clock()

    async def keep(self) -> None:
        await self.lost.wait()
        raise LeaseLostError("lost")


class Acting:
    """Acts until cancelled."""

    def __init__(self, client: KubeClient, settings: Settings, metrics: Metrics) -> None:
        self.client = client
        self.settings, self.metrics = settings, metrics
        self.acts = asyncio.Event()
        self.cancelled = False

    def emit(self, event: Event, /) -> None:
        """Take note of nothing."""

    def synced(self) -> None:
        """Take note of nothing."""

    async def run(self) -> None:
        self.acts.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True


SETTINGS = load(["--runner-image", "runner"], {})


async def lived(clock: Callable[[], float] = time.monotonic) -> tuple[Life, Acting, LentElector]:
    """A life whose lease was lost, and what acted in it."""
    made: list[Acting] = []

    def make(client: KubeClient, settings: Settings, metrics: Metrics) -> Acting:
        made.append(Acting(client, settings, metrics))
        return made[-1]

    async with KubeClient(NOWHERE) as client:
        elector = LentElector(client)
        life = Life(SETTINGS, NOWHERE, RequestCounts(), elector, make, lambda: None, clock=clock)
        [acting] = made
        running = asyncio.create_task(life.run())
        await acting.acts.wait()
        assert acting.client.guard is not None
        await acting.client.guard()
        elector.lost.set()
        with pytest.raises(BaseExceptionGroup) as ended:
            await running
        assert ended.value.subgroup(LeaseLostError) is not None
        return life, acting, elector


def test_after_a_life_nothing_of_it_writes_though_the_lease_is_held_again() -> None:
    async def live() -> None:
        _, acting, elector = await lived()
        assert acting.cancelled
        await elector.campaign()
        assert elector.leading
        assert acting.client.guard is not None
        with pytest.raises(LeaseLostError, match="another life"):
            await acting.client.guard()

    asyncio.run(live())


def test_whoever_gives_the_lease_up_leads_no_more() -> None:
    async def live() -> None:
        _, _, elector = await lived()
        elector.give_up()
        assert not elector.leading
        with pytest.raises(LeaseLostError):
            await elector.confirmed()

    asyncio.run(live())


def test_a_view_is_judged_while_the_life_lasts() -> None:
    now = [1000.0]

    async def live() -> None:
        life, _, _ = await lived(lambda: now[0])
        assert life.problem() is None, "it is over"
        # As if it went on.
        life._over = False
        assert life.problem() is None
        now[0] += SYNC_SECONDS + 1
        assert cause_of(life) is UNSYNCED
        life.synced = True
        assert life.problem() is None
        now[0] += OLDEST_VIEW_SECONDS
        assert cause_of(life) is STALE
        assert "jobs, machinegroups, machinesizes" in str(life.problem())
        for source in life.freshness.ages():
            life.freshness.heard(source)
        assert life.problem() is None

    asyncio.run(live())


def cause_of(life: Life) -> Cause | None:
    """Which cause keeps a life from its work."""
    found = life.problem()
    return found.cause if found else None
