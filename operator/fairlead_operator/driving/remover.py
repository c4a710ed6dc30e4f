"""Removing what belonged to a job that is no more.

Kubernetes' garbage collector would do it too, twenty objects a second.  Here it is pages of
hundreds, so only few jobs are removed at the same time: many may end their time to live
together, and the API server has others to serve.
"""

from __future__ import annotations

import asyncio

from fairlead.api import labels
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.kinds import PODS, TASKS

REMOVED_AT_ONCE = 4
"""Of how many jobs objects are deleted at the same time."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds between two looks whether everything is gone: a runner may still make subtasks, and
somebody's finalizer may hold a Task for as long as it likes."""


async def remove_all(client: KubeClient, namespace: str, uid: str, room: asyncio.Semaphore) -> None:
    """Remove the Tasks and pods of a job until no Task is left.

    Parameters
    ----------
    room
        Bounds for how many jobs this is done at once; it is given back during pauses.
    """
    selector = f"{labels.JOB_UID}={uid}"
    async with room:
        await client.delete_collection(PODS, namespace, selector)
    pause = FIRST_PAUSE
    while True:
        async with room:
            await client.delete_collection(TASKS, namespace, selector)
            if not await _any_left(client, namespace, selector):
                return
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _any_left(client: KubeClient, namespace: str, selector: str) -> bool:
    pages = client.pages(TASKS, namespace, labels=selector, limit=1, metadata_only=True)
    async for page in pages:
        return bool(page.items)
    return False
