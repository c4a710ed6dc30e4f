"""Events about Jobs and their failures, for whoever describes them.

An event that cannot be written is forgotten: nothing rests on it.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

from fairlead.api.times import text
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import KubeError
from fairlead_operator.kube.kinds import EVENTS, JOBS, TASKS
from fairlead_operator.logs import Log

REPORTER = "fairlead.dev/operator"
MOST_WAITING = 200
"""How many events may wait to be written; what comes beyond that is dropped."""

log = Log("events")


class EventWriter:
    """Writes events one after the other, beside everything else."""

    def __init__(self, client: KubeClient, identity: str) -> None:
        self._client = client
        self._identity = identity
        self._queue: asyncio.Queue[tuple[str, dict[str, object]]] = asyncio.Queue(MOST_WAITING)
        self._number = 0

    def emit(self, job: JobRecord, order: EmitEvent, now: float) -> None:
        """Have an event written soon."""
        if self._queue.full():
            log.warning("Dropped an event", job=job.name, reason=order.reason)
            return
        self._number += 1
        self._queue.put_nowait((job.namespace, self._body(job, order, now)))

    def _body(self, job: JobRecord, order: EmitEvent, now: float) -> dict[str, object]:
        kind = TASKS if order.task else JOBS
        name, uid = (order.task, order.task_uid) if order.task else (job.name, job.uid)
        unique = f"{uid}/{order.reason}/{now}/{self._identity}/{self._number}"
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {
                "name": f"{name}.{sha256(unique.encode()).hexdigest()[:16]}",
                "namespace": job.namespace,
            },
            "eventTime": text(now),
            "reportingController": REPORTER,
            "reportingInstance": self._identity[:128],
            "action": order.reason[:128],
            "reason": order.reason[:128],
            "regarding": {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "namespace": job.namespace,
                "name": name,
                "uid": uid,
            },
            "note": order.note[:1024],
            "type": "Warning" if order.warning else "Normal",
        }

    async def run(self) -> None:
        """Write events until cancelled."""
        while True:
            namespace, body = await self._queue.get()
            try:
                await self._client.create(EVENTS, namespace, body)
            except KubeError as error:
                log.debug("Could not write an event", error=str(error))
