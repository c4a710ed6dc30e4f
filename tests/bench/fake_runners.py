"""Plays the runners of all pods, whose nodes are fake: a process of the benchmark's own.

``python tests/bench/fake_runners.py KUBECONFIG``: as soon as a pod of a runner is Running it
writes what an agent writes for a task that does nothing, which is that it began and how it
ended, and then, as a kubelet would, that the pod has ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairlead.api import labels
from fairlead.api.times import text
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.config import from_kubeconfig
from fairlead_operator.kube.errors import NotFoundError
from fairlead_operator.kube.kinds import PODS, TASKS
from fairlead_operator.observe.event import Event
from fairlead_operator.observe.listwatch import ListWatch

AGENT = "bench-runner"
"""How the audit log knows the writes of this process."""

AT_ONCE = 64

Object = dict[str, Any]


def now() -> str:
    """Return the time as an agent writes it."""
    return text(time.time())


def order_of(pod: Object) -> Mapping[str, Any]:
    """Return what a pod's agent is told, of which it runs task and attempt."""
    variables = pod["spec"]["containers"][0]["env"]
    found: Mapping[str, Any] = json.loads(
        next(one["value"] for one in variables if one["name"] == "FAIRLEAD_RUNNER")
    )
    return found


def begun(attempt: int) -> Object:
    """Return what an agent writes when the task's code begins."""
    nothing = dict.fromkeys(("reason", "progress", "progressDetails", "statusText"))
    number = {"attempt": attempt, "report": f"{attempt}.1"}
    return {**number, "state": "Running", "startTime": now(), **nothing}


def finished(attempt: int, pod_uid: str) -> Object:
    """Return what an agent writes when a task without subtasks has returned nothing."""
    outcome = {
        "kind": "Succeeded",
        "attempt": attempt,
        "podUID": pod_uid,
        "time": now(),
        "version": "v1.0",
    }
    number = {"attempt": attempt, "report": f"{attempt}.2"}
    return {**number, "state": "Completed", "result": "null", "outcome": outcome}


def ended(pod: Object) -> Object:
    """Return what a kubelet writes when the agent has exited."""
    container = pod["spec"]["containers"][0]
    exited = {"exitCode": 0, "reason": "Completed", "finishedAt": now()[:19] + "Z"}
    state = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": exited},
    }
    return {"phase": "Succeeded", "containerStatuses": [state]}


class Runners:
    """Plays every runner once."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._played: set[str] = set()
        self._playing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Watch pods until cancelled."""
        selected = f"{labels.COMPONENT}={labels.RUNNER_COMPONENT}"
        await ListWatch(self._client, PODS, labels=selected).run(
            self._observe, lambda: print("ready", flush=True)
        )

    def _observe(self, event: Event) -> None:
        pod, uid = event.object, event.object["metadata"]["uid"]
        if event.type == "DELETED":
            self._played.discard(uid)
        elif pod.get("status", {}).get("phase") == "Running" and uid not in self._played:
            self._played.add(uid)
            playing = asyncio.create_task(self._play(pod))
            self._playing.add(playing)
            playing.add_done_callback(self._playing.discard)

    async def _play(self, pod: Object) -> None:
        order, metadata = order_of(pod), pod["metadata"]
        where, task, attempt = metadata["namespace"], order["task"], order["attempt"]
        try:
            await self._client.patch_status(TASKS, where, task, begun(attempt))
            fields = finished(attempt, metadata["uid"])
            await self._client.patch_status(TASKS, where, task, fields)
            await self._client.patch_status(PODS, where, metadata["name"], ended(pod))
        except NotFoundError:
            pass  # The job was deleted meanwhile.


async def main() -> None:
    """Play runners until the process is ended."""
    config = from_kubeconfig(Path(sys.argv[1]))
    async with KubeClient(config, agent=AGENT, most_requests=AT_ONCE) as client:
        await Runners(client).run()


if __name__ == "__main__":
    asyncio.run(main())
