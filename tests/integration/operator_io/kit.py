"""What the tests share: clients, objects to make, and an observer that runs beside the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.client import KubeClient, Object, Patience
from fairlead_operator.kube.config import from_kubeconfig
from fairlead_operator.kube.kinds import TASKS, Kind
from fairlead_operator.observe.event import Event, Observer

T = TypeVar("T")

NAMESPACES = Kind("", "v1", "namespaces", "Namespace", False)

BRISK = Patience(tries=6, seconds=20.0, backoff=Backoff(first=0.01, most=0.1))
"""Patience for tests: as many tries as in earnest, with shorter pauses."""

PATIENT_SECONDS = 60.0
"""How long a test waits for what it expects, on a machine that is busy with other things."""


def client(kubeconfig: Path, patience: Patience = BRISK, **more: Any) -> KubeClient:
    """A client of the server that a kubeconfig names."""
    return KubeClient(from_kubeconfig(kubeconfig), patience=patience, **more)


def task(name: str, job: str = "nightly") -> Object:
    """A Task that the server accepts."""
    return {
        "apiVersion": TASKS.api_version,
        "kind": "Task",
        "metadata": {
            "name": name,
            "labels": {"fairlead.dev/job": job, "fairlead.dev/job-uid": f"uid-{job}"},
        },
        "spec": {
            "jobName": job,
            "jobUID": f"uid-{job}",
            "run": 1,
            "key": name,
            "id": "0123456789abcdefghijklmno",
            "identifier": "acme.example/Fetch",
            "version": "v1.0",
        },
    }


async def until(what: str, probe: Callable[[], Any]) -> Any:
    """Ask again and again until the answer is true, and return it."""
    end = time.monotonic() + PATIENT_SECONDS
    while True:
        answer = probe()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return answer
        assert time.monotonic() < end, f"{what}: not after {PATIENT_SECONDS:.0f} s: {answer!r}"
        await asyncio.sleep(0.02)


class Watcher:
    """Keeps what an observer tells."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.synced = asyncio.Event()
        self.running: asyncio.Task[None] | None = None

    def told(self, change: str = "") -> list[str]:
        """The names in the order in which they were told, of one type of change or of all."""
        return [
            event.object["metadata"]["name"] for event in self.events if change in ("", event.type)
        ]

    async def wait_told(self, change: str, *names: str) -> None:
        """Wait until some names were told with one type of change."""

        def all_told() -> bool:
            self.check()
            return set(names) <= set(self.told(change))

        await until(f"{change} {names}", all_told)

    def check(self) -> None:
        """Fail if the observer has ended."""
        assert self.running is not None
        if self.running.done():
            self.running.result()
            raise AssertionError("the observer has returned")


@asynccontextmanager
async def watching(observer: Observer, *, sync: bool = True) -> AsyncIterator[Watcher]:
    """Run an observer for as long as the block, from when it is synced."""
    watcher = Watcher()
    running = asyncio.create_task(observer.run(watcher.events.append, watcher.synced.set))
    watcher.running = running
    try:
        if sync:
            waiting = asyncio.create_task(watcher.synced.wait())
            async with asyncio.timeout(PATIENT_SECONDS):
                await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
        watcher.check()
        yield watcher
        watcher.check()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
