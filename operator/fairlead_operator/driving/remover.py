"""Removing what belonged to a job that is no more.

Kubernetes' garbage collector would do it too, twenty objects a second.
"""

from __future__ import annotations

import asyncio

from fairlead.api import labels
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.kinds import PODS, TASKS

PAUSE = 1.0
"""Seconds between two looks whether everything is gone: a runner may still make subtasks."""


async def remove_all(client: KubeClient, namespace: str, uid: str) -> None:
    """Remove the Tasks and pods of a job until no Task is left."""
    selector = f"{labels.JOB_UID}={uid}"
    await client.delete_collection(PODS, namespace, selector)
    while True:
        await client.delete_collection(TASKS, namespace, selector)
        if not await _any_left(client, namespace, selector):
            return
        await asyncio.sleep(PAUSE)


async def _any_left(client: KubeClient, namespace: str, selector: str) -> bool:
    pages = client.pages(TASKS, namespace, labels=selector, limit=1, metadata_only=True)
    async for page in pages:
        return bool(page.items)
    return False
