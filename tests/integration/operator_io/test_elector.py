"""The lease by which one of several operators acts, against a real API server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.proxy.client import ProxyClient
from tests.integration.operator_io.kit import client, until

from fairlead_operator.elector import Elector, LeaseLostError
from fairlead_operator.kube.client import KubeClient, Patience
from fairlead_operator.kube.kinds import LEASES

NAME = "fairlead-operator"
SECONDS = 15.0


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Candidate:
    """An elector with a clock of its own."""

    def __init__(self, own: KubeClient, namespace: str, name: str) -> None:
        self.clock = Clock()
        self.elector = Elector(own, namespace, NAME, name, seconds=SECONDS, clock=self.clock)

    async def takes_it(self) -> bool:
        """Whether it gets the lease when it looks once."""
        return await self.elector._try()


@asynccontextmanager
async def candidates(kubeconfig: Path, namespace: str, *names: str) -> AsyncIterator[Any]:
    """Some electors that look for one lease."""
    async with client(kubeconfig, Patience(tries=1, seconds=10.0)) as own:
        yield [Candidate(own, namespace, name) for name in names]


async def lease(kubeconfig: Path, namespace: str) -> dict[str, Any]:
    """What the lease says."""
    async with client(kubeconfig) as own:
        spec: dict[str, Any] = (await own.get(LEASES, namespace, NAME))["spec"]
        return spec


async def test_the_first_takes_it_and_others_stand_by(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "a", "b") as (a, b):
        assert await a.takes_it()
        assert not await b.takes_it()
        assert (a.elector.leading, b.elector.leading) == (True, False)
        assert b.elector.holder == "a"
        found = await lease(proxied, here)
        assert (found["holderIdentity"], found["leaseDurationSeconds"]) == ("a", 15)
        assert found["leaseTransitions"] == 0


async def test_one_of_many_that_come_at_once_gets_it(proxied: Path, here: str) -> None:
    names = [f"c{number}" for number in range(6)]
    async with candidates(proxied, here, *names) as found:
        got = await asyncio.gather(*[candidate.takes_it() for candidate in found])
        assert sum(got) == 1


async def test_it_is_taken_only_when_its_holder_was_silent_for_its_time(
    proxied: Path, here: str
) -> None:
    async with candidates(proxied, here, "a", "b") as (a, b):
        assert await a.takes_it()
        assert not await b.takes_it()
        b.clock.time += SECONDS - 1
        await a.elector._renew_in_time()
        assert not await b.takes_it()
        b.clock.time += SECONDS - 1
        assert not await b.takes_it()
        b.clock.time += 1
        assert await b.takes_it()
        assert (await lease(proxied, here))["leaseTransitions"] == 1
        # The other learns of it when it renews.
        with pytest.raises(LeaseLostError, match="taken by b"):
            await a.elector._renew_in_time()
        assert not a.elector.leading


async def test_one_that_stood_still_does_not_act_any_more(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "a") as (a,):
        assert await a.takes_it()
        await a.elector.confirmed()
        a.clock.time += SECONDS
        assert not a.elector.leading
        with pytest.raises(LeaseLostError, match="not renewed in time"):
            await a.elector.confirmed()
        with pytest.raises(LeaseLostError):
            await a.elector._renew_in_time()


async def test_a_late_renewal_holds_writes_up(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "a") as (a,):
        assert await a.takes_it()
        a.clock.time += SECONDS * 2 / 3
        assert not a.elector.leading
        writing = asyncio.create_task(a.elector.confirmed())
        await asyncio.sleep(0)
        assert not writing.done()
        await a.elector._renew_in_time()
        await writing
        assert a.elector.leading


async def test_no_write_leaves_a_process_that_does_not_lead(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "a") as (a,), client(proxied) as own:
        own.guard = a.elector.confirmed
        with pytest.raises(LeaseLostError):
            await own.delete(LEASES, here, "any")
        assert [page.items async for page in own.pages(LEASES, here)] == [[]]
        assert await a.takes_it()
        await own.delete(LEASES, here, "any")
        a.clock.time += SECONDS
        with pytest.raises(LeaseLostError):
            await own.delete(LEASES, here, "any")
        assert own.counts.total("delete") == 1


async def test_given_back_it_is_free_at_once(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "a", "b") as (a, b):
        assert await a.takes_it()
        assert not await b.takes_it()
        await a.elector.release()
        assert not a.elector.leading
        assert await b.takes_it()
        # What it does not hold it does not give back.
        await a.elector.release()
        assert (await lease(proxied, here))["holderIdentity"] == "b"


async def test_started_again_under_its_name_it_goes_on_at_once(proxied: Path, here: str) -> None:
    async with candidates(proxied, here, "pod-1", "pod-1", "pod-2") as (before, after, other):
        assert await before.takes_it()
        assert not await other.takes_it()
        assert await after.takes_it()
        assert (await lease(proxied, here))["leaseTransitions"] == 0


async def test_a_lost_reply_does_not_lose_the_lease(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with candidates(proxied, here, "a") as (a,):
        assert await a.takes_it()
        with proxy.rule("hide-reply", verbs=["patch"], namespace=here, times=1):
            await a.elector._renew_in_time()
        a.clock.time += 1
        await a.elector._renew_in_time()
        assert a.elector.leading


async def test_a_lost_reply_to_its_making_is_found_out(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with candidates(proxied, here, "a") as (a,):
        with proxy.rule("hide-reply", verbs=["create"], namespace=here, times=1):
            assert not await a.takes_it()
        assert await a.takes_it()


async def test_who_cannot_reach_the_server_gives_it_up(
    proxied: Path, here: str, proxy: ProxyClient
) -> None:
    async with candidates(proxied, here, "a") as (a,):
        assert await a.takes_it()
        with proxy.rule("drop", verbs=["patch", "get"], namespace=here) as rule:
            keeping = asyncio.create_task(a.elector._renew_in_time())
            await asyncio.to_thread(proxy.wait_hit, rule, 2)
            assert not keeping.done()
            a.clock.time += SECONDS
            with pytest.raises(LeaseLostError):
                await keeping


async def test_it_campaigns_and_keeps_on(proxied: Path, here: str) -> None:
    """By the real clock, as the process does it."""
    async with client(proxied, Patience(tries=1, seconds=10.0)) as own:
        # Long enough not to be lost on a busy machine.
        elector = Elector(own, here, NAME, "a", seconds=30.0)
        async with asyncio.timeout(30):
            await elector.campaign()
        first = (await lease(proxied, here))["renewTime"]
        keeping = asyncio.create_task(elector.keep())

        async def renewed() -> bool:
            return bool((await lease(proxied, here))["renewTime"] != first)

        await until("a renewal", renewed)
        assert elector.leading
        keeping.cancel()
        await elector.release()
        assert (await lease(proxied, here))["holderIdentity"] == ""
