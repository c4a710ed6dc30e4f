"""What is under way for a job when this operator may not act any more."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_operator.driving.applying import Applier
from fairlead_operator.jobs.actions import DeletePod


class SlowServer:
    """An API server that answers nothing; it tells how requests have ended."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.given_up = asyncio.Event()

    async def delete(self, *_: Any) -> None:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.given_up.set()


async def _end_while_waiting(seconds: float) -> None:
    server: Any = SlowServer()
    none: Any = None
    room = asyncio.Semaphore(1)
    applier = Applier(server, none, none, none, none, none, lambda: None, room)
    model: Any = SimpleNamespace(board=SimpleNamespace(job=SimpleNamespace(namespace="here")))
    applier.model = model
    await applier.carry_out([DeletePod("task", "pod")])
    await server.asked.wait()
    waiting = asyncio.create_task(applier.quiet())
    await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(seconds):
        await server.given_up.wait()


def test_whoever_is_ended_while_it_waits_for_what_is_under_way_leaves_none_of_it_behind() -> None:
    asyncio.run(_end_while_waiting(10.0))


@pytest.mark.parametrize("number", [1, 3])
def test_what_waits_behind_it_is_given_up_with_it(number: int) -> None:
    async def run() -> list[str]:
        server: Any = SlowServer()
        none: Any = None
        applier = Applier(server, none, none, none, none, none, lambda: None, asyncio.Semaphore(1))
        model: Any = SimpleNamespace(board=SimpleNamespace(job=SimpleNamespace(namespace="here")))
        applier.model = model
        await applier.carry_out([DeletePod("task", "pod")] * number)
        await server.asked.wait()
        applier.abandon()
        await applier.quiet()
        return [task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()}]

    assert asyncio.run(run()) == []
