"""What is left of jobs is removed for a few of them at the same time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_operator.driving import remover
from fairlead_operator.driving.remover import remove_all


class Server:
    """An API server that notes what is deleted at the same time; ``stubborn`` Tasks stay."""

    def __init__(self, **stubborn: int) -> None:
        self.stubborn = Counter({f"fairlead.dev/job-uid={uid}": n for uid, n in stubborn.items()})
        self.deleted: list[tuple[str, str]] = []
        self.working: set[str] = set()
        self.most = 0

    async def delete_collection(self, kind: Any, _namespace: str, selector: str) -> None:
        self.working.add(selector)
        self.most = max(self.most, len(self.working))
        for _ in range(5):
            await asyncio.sleep(0)
        self.working.discard(selector)
        self.deleted.append((kind.plural, selector))

    async def pages(self, *_: Any, labels: str, **__: Any) -> AsyncIterator[Any]:
        left = self.stubborn[labels] > 0
        self.stubborn[labels] -= 1
        yield SimpleNamespace(items=[{}] if left else [])


def _remove(server: Any, *uids: str, at_once: int) -> None:
    async def all_of_them() -> None:
        room = asyncio.Semaphore(at_once)
        await asyncio.gather(*(remove_all(server, "here", uid, room) for uid in uids))

    asyncio.run(all_of_them())


def test_few_jobs_are_removed_at_the_same_time() -> None:
    server = Server()
    _remove(server, *(f"job{n}" for n in range(30)), at_once=3)
    assert server.most == 3
    assert Counter(kind for kind, _ in server.deleted) == {"pods": 30, "tasks": 30}


def test_it_goes_on_until_no_task_is_left_and_holds_up_nobody_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds:
            pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(remover.asyncio, "sleep", noted)
    server = Server(held=8)
    _remove(server, "held", "other", at_once=1)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    order = [selector.partition("=")[2] for kind, selector in server.deleted if kind == "tasks"]
    assert Counter(order) == {"held": 9, "other": 1}
    # The other had not to wait until all of the first was gone.
    assert order.index("other") < 3
