"""Running tasks on fake nodes: through the operator, and by a bare loop of the same writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import fake_runners
from scale_objects import RELEASE, Object, Pods, identities, job, task

from fairlead.api import labels
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.kinds import JOBS, PODS, TASKS, Kind
from fairlead_operator.observe.event import Event
from fairlead_operator.observe.listwatch import ListWatch

OPERATED, BARE = "operated", "bare"
"""The operator's namespace, and the bare loop's, which the operator does not watch."""

AT_ONCE = 64
"""How many requests may be under way: the operator's own setting, and the bare loop's."""

LONG = 1200.0
"""Seconds that one measurement may take."""


async def in_parallel(work: Callable[[Any], Awaitable[None]], items: Sequence[Any]) -> None:
    """Do work for each of several things, as many at once as requests may be under way."""
    todo = iter(items)

    async def worker() -> None:
        for item in todo:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())


# --- the bare loop -----------------------------------------------------------------------------


class BareLoop:
    """Makes the operator's writes for each task without deciding anything."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._pods = Pods(BARE)

    async def run(self, name: str, tasks: int) -> float:
        """Run tasks to their ends; return the seconds that took."""
        client = self._client
        owner = await client.create(JOBS, BARE, job(name, 0, is_open=True))

        async def start(one: tuple[int, str]) -> None:
            made = await client.create(TASKS, BARE, task(owner, str(one[0]), one[1]))
            pod = self._pods.pod(owner, made)
            intent = {
                "state": "Queued",
                "reason": "Starting",
                "attempt": 1,
                "podName": pod["metadata"]["name"],
                "size": "small",
                "release": RELEASE,
                "assignTime": fake_runners.now(),
            }
            metadata = made["metadata"]
            version = metadata["resourceVersion"]
            await client.patch_status(
                TASKS, BARE, metadata["name"], intent, resource_version=version
            )
            await client.create(PODS, BARE, pod)

        async with completions(client, tasks) as all_ended:
            began = time.monotonic()
            await in_parallel(start, list(enumerate(identities(owner, tasks))))
            await asyncio.wait_for(all_ended.wait(), LONG)
            return time.monotonic() - began


class completions:  # noqa: N801 - it reads as a verb where it is used
    """Watches the bare loop's Tasks, and tells when so many have ended."""

    def __init__(self, client: KubeClient, tasks: int) -> None:
        self._client, self._wanted = client, tasks
        self._ended: set[str] = set()
        self._all = asyncio.Event()

    async def __aenter__(self) -> asyncio.Event:
        synced = asyncio.Event()
        watch = ListWatch(self._client, TASKS, BARE)
        self._watching = asyncio.create_task(watch.run(self._observe, synced.set))
        await synced.wait()
        return self._all

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    def _observe(self, event: Event) -> None:
        if event.object.get("status", {}).get("state") == "Completed":
            self._ended.add(event.object["metadata"]["uid"])
        if len(self._ended) >= self._wanted:
            self._all.set()


# --- jobs through the operator -------------------------------------------------------------------


async def run_job(client: KubeClient, name: str, tasks: int, *, is_open: bool) -> float:
    """Run a job; return the seconds from when it may run until its end is seen."""
    began = time.monotonic()
    made = await client.create(JOBS, OPERATED, job(name, tasks, is_open=is_open))
    if is_open:
        await make_tasks(client, made, tasks)
        began = time.monotonic()
        closed = {"desired": "Running", "closed": {"tasks": tasks}}
        await client.patch(JOBS, OPERATED, name, {"spec": closed})
    while True:
        status = (await client.get(JOBS, OPERATED, name)).get("status", {})
        if status.get("completionTime"):
            break
        if time.monotonic() - began > LONG:
            raise SystemExit(f"{name} has not ended: {status}")
        await asyncio.sleep(0.1)
    if status["state"] != "Completed":
        raise SystemExit(f"{name} ended as {status}")
    return time.monotonic() - began


async def make_tasks(client: KubeClient, owner: Object, tasks: int) -> None:
    """Make the Tasks of an open job, as the SDK does."""

    async def make(one: tuple[int, str]) -> None:
        await client.create(TASKS, OPERATED, task(owner, str(one[0]), one[1]))

    await in_parallel(make, list(enumerate(identities(owner, tasks))))


async def remove(client: KubeClient, namespace: str, name: str) -> None:
    """Delete a job and whatever is its, and wait until that is gone."""
    selector = f"{labels.JOB}={name}"
    await client.delete(JOBS, namespace, name)
    end = time.monotonic() + LONG
    for kind in (TASKS, PODS):
        if namespace == BARE:
            await client.delete_collection(kind, namespace, selector)
        while await any_left(client, kind, namespace, selector):
            if time.monotonic() > end:
                raise SystemExit(f"{kind} of {name} are not gone")
            await asyncio.sleep(0.2)


async def any_left(client: KubeClient, kind: Kind, namespace: str, selector: str) -> bool:
    """Return whether there are objects that labels select."""
    pages = client.pages(kind, namespace, labels=selector, limit=1, metadata_only=True)
    async for page in pages:
        return bool(page.items)
    return False
