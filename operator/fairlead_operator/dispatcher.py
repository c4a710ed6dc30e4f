"""Every event to the job that it is about, and every job to a worker of its own.

Events are taken at all times, so that a standby knows what the leader knows; workers run
only while :meth:`Dispatcher.run` does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fairlead.api import labels
from fairlead.core.outcomes import AT_ONCE
from fairlead.core.states import TaskState
from fairlead_operator.driving.census import Census
from fairlead_operator.driving.events import EventWriter
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.sessions import Sessions
from fairlead_operator.driving.tally import Tally, reported_usage
from fairlead_operator.driving.upkeep import Upkeep
from fairlead_operator.driving.worker import Context, Worker
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.model import JobModel
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.kinds import ACCOUNTS, GROUPS, JOBS, PODS, RELEASES, SIZES, TASKS
from fairlead_operator.logs import Log
from fairlead_operator.metrics import Metrics
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.pod_record import PodRecord, parse_pod
from fairlead_operator.settings import Settings

log = Log("dispatcher")


class Dispatcher:
    """Hands events to workers.

    Parameters
    ----------
    now
        Tells the time, in seconds since the epoch.
    """

    def __init__(
        self,
        client: KubeClient,
        settings: Settings,
        metrics: Metrics | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._clock = now
        self._metrics = metrics or Metrics()
        self.shared = Shared(settings.runners, self._wake, settings.tenants)
        self._tally = Tally(self._metrics, self.shared, now)
        self._context = Context(
            client, self.shared, EventWriter(client, settings.identity), self._metrics, now
        )
        self._upkeep = Upkeep(
            client, self.shared, now, self._runners_came, everywhere=settings.watch is None
        )
        self._sessions = Sessions(client, self._context.events, now)
        self.jobs: dict[str, Seen] = {}
        self.workers: dict[str, Worker] = {}
        self._metrics.queue_length = self._waiting
        self._metrics.census = Census(self.shared, self.jobs, self.workers, now)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._synced = asyncio.Event()
        self._ends = asyncio.Event()

    # --- events ------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Take one event; an object that nobody can make sense of disturbs no other."""
        try:
            self._take(event)
        except Exception:
            metadata = event.object.get("metadata") or {}
            log.exception(
                "Could not take note of an object",
                kind=event.kind.kind,
                namespace=metadata.get("namespace", ""),
                name=metadata.get("name", ""),
            )

    def _take(self, event: Event) -> None:
        if event.kind is TASKS:
            self._task(event)
        elif event.kind is PODS:
            self._pod(parse_pod(event.object), gone=event.type == "DELETED")
        elif event.kind is JOBS:
            self._job(event)
        elif event.kind in (RELEASES, SIZES, GROUPS, ACCOUNTS):
            self._upkeep.observe(event)

    def synced(self) -> None:
        """Take note that all there is has been told."""
        self._synced.set()

    def _job(self, event: Event) -> None:
        metadata = event.object["metadata"]
        seen = self._seen(metadata.get("namespace", ""), metadata["name"], metadata["uid"])
        if event.type == "DELETED":
            seen.deleted = True
            self._sessions.forget(seen.uid)
        else:
            if _is_old(metadata, seen.record):
                return
            record = JobRecord.parse(event.object)
            seen.see_job(record)
            self._sessions.observe(record)
            self._post(seen.uid, lambda model, now: model.job_seen(record, now))
            if record.is_final and seen.uid not in self.workers:
                if any(task.state is TaskState.QUEUED for task in seen.tasks.values()):
                    seen.late = self._clock()
                seen.forget_tasks()
        self._start(seen)

    def _task(self, event: Event) -> None:
        metadata = event.object["metadata"]
        marks = metadata.get("labels") or {}
        uid, job = marks.get(labels.JOB_UID), marks.get(labels.JOB)
        if not uid or not job:
            return
        name = metadata["name"]
        if event.type == "DELETED":
            gone = metadata["uid"]
            if uid in self.jobs:  # Of a job that was deleted too, nothing is remembered.
                self.jobs[uid].lose_task(name, gone)
            self._post(uid, lambda model, now: model.task_gone(name, gone, now))
            return
        seen = self._seen(metadata.get("namespace", ""), job, uid)
        if self._is_history(seen):
            self._came_late(seen, event.object)
            return
        before = seen.tasks.get(name)
        if _is_old(metadata, before):
            return  # Mostly what this operator has written itself.
        record = TaskRecord.parse(event.object, before)
        seen.see_task(record, reported_usage(event.object))
        if seen.record is not None and seen.record.is_final:
            self._came_late(seen, event.object)
        self._post(uid, lambda model, now: model.task_seen(record, now))
        if seen.record is None:
            # Its job may be no more, or never have been: then nothing else would tell.
            self._start(seen)

    def _is_history(self, seen: Seen) -> bool:
        """Return whether the job has ended, so that its Tasks are of no interest any more."""
        return seen.uid not in self.workers and seen.record is not None and seen.record.is_final

    def _came_late(self, seen: Seen, task: dict[str, Any]) -> None:
        """Have a Task looked at that waits although its job has ended."""
        state = (task.get("status") or {}).get("state", "Queued")
        if state == "Queued" and seen.late is None:
            seen.late = self._clock()
            self._start(seen)

    def _pod(self, pod: PodRecord, *, gone: bool) -> None:
        now = self._clock()
        if gone:
            pod = _as_last_seen(self.shared.pods.get(pod.key), pod)
        uid = self.shared.pod_seen(pod, now)
        self._upkeep.pod_seen(pod)
        if uid:
            self._post(uid, lambda model, moment: model.pod_seen(pod, moment))
        known = self.jobs.get(pod.job_uid)
        if known is not None and self._is_history(known) and not pod.ended:
            self._start(known)  # Nobody may have known that it would come.

    def _post(self, uid: str, step: Callable[[JobModel, float], None]) -> None:
        worker = self.workers.get(uid)
        if worker is not None:
            worker.post(step)

    def _wake(self, uid: str) -> None:
        self._post(uid, lambda model, now: model.runners_came(now))

    def _runners_came(self, namespace: str | None) -> None:
        """Have the jobs of a namespace, or all, ask again for runners that were refused."""
        for uid, worker in self.workers.items():
            if namespace is None or worker.seen.namespace == namespace:
                self._wake(uid)

    def _seen(self, namespace: str, name: str, uid: str) -> Seen:
        seen = self.jobs.get(uid)
        if seen is None:
            seen = self.jobs[uid] = Seen(namespace, name, uid, self._tally)
        return seen

    # --- workers -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Drive all jobs until cancelled; called once this process is the leader."""
        await self._synced.wait()
        self._prepare()
        self._tally.acting = True
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._context.events.run())
                group.create_task(self._upkeep.run())
                group.create_task(self._sessions.run())
                for seen in list(self.jobs.values()):
                    self._start(seen)
        finally:
            self._group = None
            self._tally.acting = False

    def _prepare(self) -> None:
        """Tell the allocator who holds which runner, before any job asks for one."""
        now = self._clock()
        allocator = self.shared.allocator
        for seen in self.jobs.values():
            for record in sorted(seen.tasks.values(), key=_reported_at):
                outcome = record.reported
                if outcome is not None and outcome.kind not in AT_ONCE:
                    since = outcome.time or now
                    allocator.idle(seen.namespace, record.pod_name, since, now)
            for record in seen.tasks.values():
                if record.held and record.reported is None:
                    allocator.held(seen.namespace, record.pod_name, seen.uid, now)
        allocator.synced(now)

    def _start(self, seen: Seen) -> None:
        """Give a job a worker, if it has none and something is to be done."""
        worker = self.workers.get(seen.uid)
        if worker is not None:
            worker.wake()
            return
        if self._group is None:
            return
        if seen.record is None and not seen.deleted and not seen.tasks:
            del self.jobs[seen.uid]
            return
        worker = self.workers[seen.uid] = Worker(self._context, seen)
        self._running[seen.uid] = self._group.create_task(self._work(worker))

    async def _work(self, worker: Worker) -> None:
        seen = worker.seen
        before = seen.record
        await worker.run()
        del self.workers[seen.uid]
        del self._running[seen.uid]
        if seen.deleted or seen.record is None:
            seen.forget()
            self.jobs.pop(seen.uid, None)
        elif seen.record is not before and not seen.record.is_final:
            self._start(seen)

    def _waiting(self) -> int:
        return sum(worker.waiting for worker in self.workers.values())


def _reported_at(record: TaskRecord) -> float:
    outcome = record.reported
    return 0.0 if outcome is None else outcome.time or 0.0


def _is_old(metadata: dict[str, Any], known: JobRecord | TaskRecord | None) -> bool:
    """Return whether an object is not newer than what is known of it."""
    return known is not None and int(metadata["resourceVersion"]) <= known.resource_version


def _as_last_seen(before: PodRecord | None, gone: PodRecord) -> PodRecord:
    """Return a pod that was deleted, as it was seen last: of some, only the name is told."""
    if before is not None and before.uid == gone.uid and not gone.container:
        return replace(before, gone=True)
    return replace(gone, gone=True)
