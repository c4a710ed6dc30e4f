"""One way to observe Tasks, as a process whose cost can be read: for ``operator_events.py``.

Run as ``operator_watch.py WAY KUBECONFIG NAMESPACE``. It reads orders from standard input, and
answers each with a JSON line: ``list N`` observes until N Tasks were told, ``change N`` waits
for N more events, ``idle S`` waits, ``compare`` lists the metadata of all.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchlib.processes import memory

SETTLE_SECONDS = 6.0
"""kopf's workers of single objects end only 5 s after their last event."""


class Told:
    """Counts events, and keeps nothing of them."""

    def __init__(self) -> None:
        self.number = 0
        self._target = 0
        self._reached = asyncio.Event()

    def emit(self, event: object) -> None:
        self.number += 1
        if self.number == self._target:
            self._reached.set()

    async def reach(self, number: int) -> None:
        self._target = number
        self._reached.clear()
        if self.number < number:
            await self._reached.wait()


Way = Callable[[Any, str, Told], Awaitable[None]]


async def own(client: Any, namespace: str, told: Told) -> None:
    """The observer that lists and watches by itself."""
    from fairlead_operator.kube.kinds import TASKS
    from fairlead_operator.observe.own import ListWatchObserver, Wanted

    await ListWatchObserver(client, [Wanted(TASKS)], [namespace]).run(told.emit, lambda: None)


async def own_slower(client: Any, namespace: str, told: Told) -> None:
    """The same, with the standard library's reader of JSON."""
    from fairlead.api.reading import read_json
    from fairlead_operator.kube import client as of_lists
    from fairlead_operator.observe import listwatch as of_watches

    for module in (of_lists, of_watches):
        module.read_answer = read_json  # type: ignore[attr-defined]
    await own(client, namespace, told)


async def kopf_tuned(client: Any, namespace: str, told: Told) -> None:
    """kopf with null stores and event posting off, and nothing beside it."""
    import kopf

    from fairlead_operator.kube.kinds import TASKS
    from fairlead_operator.observe.listwatch import Pace
    from fairlead_operator.observe.own import Wanted
    from fairlead_operator.observe.through_kopf import operator_settings

    settings = operator_settings([Wanted(TASKS)], Pace())
    await _kopf(kopf, client, namespace, told, settings)


async def kopf_default(client: Any, namespace: str, told: Told) -> None:
    """kopf with its defaults, as a first operator would use it."""
    import kopf

    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    await _kopf(kopf, client, namespace, told, settings)


async def kopf_observer(client: Any, namespace: str, told: Told) -> None:
    """kopf as an observer that tells also when all is told and what has vanished."""
    from fairlead_operator.kube.kinds import TASKS
    from fairlead_operator.observe.own import Wanted
    from fairlead_operator.observe.through_kopf import KopfObserver

    await KopfObserver(client, [Wanted(TASKS)], [namespace]).run(told.emit, lambda: None)


async def _kopf(kopf: Any, client: Any, namespace: str, told: Told, settings: Any) -> None:
    import aiohttp

    from fairlead_operator.observe.through_kopf import connection

    connector = aiohttp.TCPConnector(ssl=client.config.tls)
    async with aiohttp.ClientSession(connector=connector) as session:
        registry = kopf.OperatorRegistry()

        async def login(**_: Any) -> Any:
            return connection(session, client.config)

        async def handler(event: Any, **_: Any) -> None:
            told.emit(event)

        kopf.on.login(registry=registry)(login)
        kopf.on.event("fairlead.dev", "v1beta1", "tasks", registry=registry)(handler)
        await kopf.operator(
            registry=registry, settings=settings, standalone=True, namespaces=[namespace]
        )


WAYS: dict[str, Way] = {
    "own": own,
    "own, standard JSON": own_slower,
    "kopf, default": kopf_default,
    "kopf, tuned": kopf_tuned,
    "kopf, as observer": kopf_observer,
}


def answer(began: float, wall: float, told: Told, before: int) -> None:
    """Write down what was used since."""
    used = time.process_time() - began
    gc.collect()
    line = {
        "cpu": used,
        "wall": time.monotonic() - wall,
        "events": told.number - before,
        "rss": memory("self", "VmRSS"),
        "peak": memory("self", "VmHWM"),
    }
    print(json.dumps(line), flush=True)


async def compare(client: Any, namespace: str) -> None:
    """List metadata only, as observers do now and then."""
    from fairlead_operator.kube.kinds import TASKS

    async for _ in client.pages(TASKS, namespace, limit=250, metadata_only=True):
        pass


async def serve(way: Way, client: Any, namespace: str) -> None:
    """Carry out orders until there are no more."""
    told = Told()
    running: asyncio.Task[None] | None = None
    while order := await asyncio.to_thread(sys.stdin.readline):
        word, number = order.split()
        began, wall, before = time.process_time(), time.monotonic(), told.number
        if word == "list":
            running = asyncio.create_task(way(client, namespace, told))  # type: ignore[arg-type]
            await told.reach(int(number))
            listed = time.monotonic() - wall
            await asyncio.sleep(SETTLE_SECONDS)
            wall = time.monotonic() - listed
        elif word == "change":
            await told.reach(before + int(number))
            await asyncio.sleep(SETTLE_SECONDS)
        elif word == "idle":
            await asyncio.sleep(float(number))
        elif word == "compare":
            await compare(client, namespace)
        answer(began, wall, told, before)
    if running is not None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def main(name: str, kubeconfig: str, namespace: str) -> None:
    """Be one way to observe."""
    from fairlead_operator.kube.client import KubeClient
    from fairlead_operator.kube.config import from_kubeconfig

    if name.startswith("kopf"):
        import kopf  # noqa: F401
    async with KubeClient(from_kubeconfig(Path(kubeconfig))) as client:
        await serve(WAYS[name], client, namespace)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
