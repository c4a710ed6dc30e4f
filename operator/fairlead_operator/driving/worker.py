"""One job's worker: brings the job from what it is to what is wanted of it.

A worker lives as long as something is to be done for its job.  Whatever goes wrong ends in
the same way: the model is thrown away, all of the job is listed again, and a new model
goes on from there.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fairlead.core.states import FINAL_JOB_STATES
from fairlead_operator.driving.applying import Applier, SurpriseError, write_job
from fairlead_operator.driving.events import EventWriter
from fairlead_operator.driving.granting import Granting
from fairlead_operator.driving.hindrances import hindrance_of, told
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.opener import open_run
from fairlead_operator.driving.remover import REMOVED_AT_ONCE, remove_all
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.tally import reported_usage
from fairlead_operator.elector import LeaseLostError
from fairlead_operator.jobs import jobstatus
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.hindered import freed, hindered
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.model import JobModel
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import ForbiddenError, KubeError, NotFoundError
from fairlead_operator.kube.kinds import JOBS, PODS, TASKS
from fairlead_operator.logs import Log
from fairlead_operator.metrics import Metrics
from fairlead_operator.runners.pod_record import PodRecord, parse_pod

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before a job is begun with again after something went wrong more than once."""

HEALTHY = 30.0
"""Seconds of driving a job after which what went wrong before counts no more."""

TELL_AT = 3
"""How often in a row something has gone wrong before people are told; what is forbidden they
are told at once, for it seldom gets better by itself."""

FREE = 16
"""How many requests one job makes at the same time."""

LEFT_BEHIND = 60.0
"""Seconds after a run's end, and its runners' idle time, after which pods of it are ended."""

LATE = 5.0
"""Seconds after which Tasks are looked at that wait although their job has ended: what came
late from the watch is told from what was made late."""

log = Log("jobs")


@dataclass(slots=True)
class Context:
    """What all workers share."""

    client: KubeClient
    shared: Shared
    events: EventWriter
    metrics: Metrics
    clock: Callable[[], float]
    removals: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REMOVED_AT_ONCE))


Step = Callable[[JobModel, float], None]


def pause_after(problems: int) -> float:
    """Return the seconds to wait where so many problems came before, without progress between.

    The first is mostly somebody else's write at the same time: nothing to wait for.
    """
    if problems == 0:
        return 0.0
    return min(FIRST_PAUSE * 2.0 ** min(problems - 1, 30), LONGEST_PAUSE)


class Worker:
    """Drives one job."""

    def __init__(self, context: Context, seen: Seen) -> None:
        self._context = context
        self.seen = seen
        self._inbox: deque[Step] = deque()
        self._awake = asyncio.Event()
        self._model: JobModel | None = None
        self._ready: dict[str, float] = {}
        """Since when tasks were ready, in the model that was thrown away last."""
        self._room = asyncio.Semaphore(FREE)
        self.problems = 0
        """How often in a row something went wrong."""

    @property
    def model(self) -> JobModel | None:
        """The model of the job, while it is driven."""
        return self._model

    # --- what happens, told by the dispatcher ------------------------------------------------

    def wake(self) -> None:
        """Look again at what there is to do."""
        self._awake.set()

    def post(self, step: Step) -> None:
        """Leave something for the model; without one it is in the records already."""
        if self._model is not None:
            self._inbox.append(step)
        self._awake.set()

    # --- what is read and written, told by the applier ---------------------------------------

    def task_read(self, raw: dict[str, Any]) -> TaskRecord:
        """Take note of a Task as the API server has shown it."""
        record = TaskRecord.parse(raw, self.seen.tasks.get(raw["metadata"]["name"]))
        self.seen.see_task(record, reported_usage(raw))
        if self._model is not None:
            self._model.task_seen(record, self._context.clock())
        return record

    def task_gone(self, name: str) -> None:
        """Take note that there is no such Task."""
        record = self.seen.lose_task(name)
        if record is not None and self._model is not None:
            self._model.task_gone(name, record.facts.uid, self._context.clock())

    def job_read(self, raw: dict[str, Any]) -> JobRecord:
        """Take note of the job as the API server has shown it."""
        record = JobRecord.parse(raw)
        if record.uid == self.seen.uid:
            self.seen.see_job(record)
            if self._model is not None:
                # Though its event has come, the model may not have been told yet.
                self._model.job_seen(record, self._context.clock())
        return record

    def pod_read(self, raw: dict[str, Any]) -> None:
        """Take note of a pod as the API server has shown it."""
        self._pod(parse_pod(raw))

    def _pod(self, pod: PodRecord) -> None:
        now = self._context.clock()
        if pod.key not in self._context.shared.pods:
            self._context.shared.pod_seen(pod, now)
        if self._model is not None:
            self._model.pod_seen(self._context.shared.pods.get(pod.key, pod), now)

    # --- the life of a worker ------------------------------------------------------------------

    async def run(self) -> None:
        """Bring the job to where nothing is to be done for it now."""
        while True:
            self._awake.clear()
            try:
                if await self._step():
                    self.problems = 0
                    return
            except (SurpriseError, KubeError) as error:
                write = log.info if self.problems < TELL_AT else log.warning
                write(
                    "Beginning with a job again",
                    job=self._name,
                    why=str(error),
                    tries=self.problems + 1,
                )
                await self._recover(error)
            except LeaseLostError:
                # Somebody else may act now: the process has to end.
                raise
            except Exception as error:
                log.exception("A mistake of the operator", job=self._name, tries=self.problems)
                await self._recover(error)

    @property
    def _name(self) -> str:
        record = self.seen.record
        return f"{self.seen.namespace}/{record.name if record else self.seen.uid}"

    async def _recover(self, error: Exception) -> None:
        """Wait a little, and have all of the job listed again."""
        self.seen.listed = False
        job = self.seen.record
        if job is not None and not self.seen.deleted:
            await self._tell(job, error)
        await asyncio.sleep(pause_after(self.problems))
        self.problems += 1

    async def _tell(self, job: JobRecord, error: Exception) -> None:
        """Tell people of what does not get better: by an event, and on the job itself."""
        now, tries = self._context.clock(), self.problems + 1
        if tries == TELL_AT:
            self._context.events.emit(job, EmitEvent("OperatorHindered", told(error), True), now)
        if tries >= TELL_AT or isinstance(error, ForbiddenError):
            reason = hindrance_of(error).reason
            news = hindered(job.conditions, reason, told(error), now, job.generation)
            try:
                await self._write_conditions(job, news)
            except (SurpriseError, KubeError) as silenced:
                log.info("Could not say what hinders a job", job=self._name, why=str(silenced))

    async def _write_conditions(self, job: JobRecord, news: Any) -> None:
        """Write a job's conditions while nobody drives it, if there is something new in them."""
        if news is not None:
            await write_job(self._context.client, self, job, {"conditions": news})

    async def _nothing_hinders(self, job: JobRecord) -> None:
        """Say that the operator has gone on with a job that has ended."""
        news = freed(job.conditions, self._context.clock(), job.generation)
        await self._write_conditions(job, news)

    async def _step(self) -> bool:
        """Do what comes next for the job; return whether nothing is left to do now."""
        seen = self.seen
        job = seen.record
        if job is None and not seen.deleted:
            await self._look_for_job()
            return False
        if job is None or seen.deleted or job.deleted:
            context = self._context
            await remove_all(context.client, seen.namespace, seen.uid, context.removals)
            seen.forget_tasks()
            self._free_runners()
            return True
        if job.is_final:
            self._free_runners()
            return await self._after_the_end(job)
        if not seen.listed:
            await self._list(job)
            return False
        if not job.is_opened and (not job.status_run or job.state in FINAL_JOB_STATES):
            await open_run(self._context, self, seen, job, tell=self.problems == 0)
        else:
            await self._drive(job)
        # Only now: that a job can be listed says nothing about what went wrong after that.
        self.problems = 0
        return False

    def _free_runners(self) -> None:
        """Let others have what a run that is over held still, such as for a cancelled task."""
        self._context.shared.allocator.reconcile(self.seen.uid, (), self._context.clock())

    async def _look_for_job(self) -> None:
        """Read the job of Tasks that were seen without it: it was deleted, or is seen later."""
        seen = self.seen
        try:
            raw = await self._context.client.get(JOBS, seen.namespace, seen.name)
        except NotFoundError:
            seen.deleted = True
            return
        seen.deleted = raw["metadata"]["uid"] != seen.uid
        if not seen.deleted:
            self.job_read(raw)

    async def _list(self, job: JobRecord) -> None:
        """Read the job and all its Tasks from the store itself."""
        client, seen = self._context.client, self.seen
        try:
            raw = await client.get(JOBS, job.namespace, job.name)
        except NotFoundError:
            seen.deleted = True
            return
        if raw["metadata"]["uid"] != seen.uid:
            seen.deleted = True
            return
        self.job_read(raw)
        there = set()
        version = 0
        async for page in client.pages(TASKS, job.namespace, labels=job.selector):
            for item in page.items:
                name = item["metadata"]["name"]
                there.add(name)
                record = TaskRecord.parse(item, seen.tasks.get(name))
                seen.see_task(record, reported_usage(item))
            version = int(page.resource_version or 0)
        # What is newer than the list was made while it was read, and is not missing.
        known = list(seen.tasks.items())
        for name, record in known:
            if name not in there and record.resource_version <= version:
                seen.lose_task(name)
        seen.listed = True

    # --- a run -----------------------------------------------------------------------------------

    async def _drive(self, job: JobRecord) -> None:
        context, clock = self._context, self._context.clock
        runners = Granting(context.shared, job)
        applier = Applier(
            context.client,
            context.shared,
            runners,
            self,
            context.events,
            clock,
            self._awake.set,
            self._room,
        )
        self._inbox.clear()
        model = JobModel(job, self.seen.tasks.values(), runners, clock(), self._ready)
        self._model = applier.model = model
        self.seen.ready_since = model.ready_since
        # What an earlier model was granted and has not used is free again.
        held = {(job.namespace, pod) for pod in model.board.holders}
        context.shared.allocator.reconcile(job.uid, held, clock())
        began = clock()
        try:
            await self._follow(model, applier, began)
        except asyncio.CancelledError:
            applier.abandon()
            raise
        except Exception:
            if clock() - began >= HEALTHY:
                self.problems = 0
            raise
        finally:
            self._model = None
            self._ready = model.all_ready_since()
            self.seen.ready_since = self._ready.get
            await applier.quiet()
            context.shared.allocator.forget_job(job.uid, clock())

    async def _follow(self, model: JobModel, applier: Applier, began: float) -> None:
        clock = self._context.clock
        while True:
            self._awake.clear()
            if (due := model.next_wake) is not None and due <= clock():
                model.clock_reached(clock())
            self._take_in(model)
            await applier.carry_out(model.take_actions())
            if self._inbox or model.board.actions:
                continue
            if model.hindered and (not applier.busy or clock() - began >= HEALTHY):
                self.problems = 0
                model.goes_on(clock())
                continue
            if (model.done and not applier.busy) or self.seen.deleted:
                return
            if model.board.job.deleted:
                return
            await self._wait(model.next_wake)

    def _take_in(self, model: JobModel) -> None:
        """Let the model take in all that has happened."""
        metrics = self._context.metrics
        if self._inbox:
            began = time.perf_counter()
            while self._inbox:
                self._inbox.popleft()(model, self._context.clock())
            metrics.reconciled(time.perf_counter() - began)

    @property
    def waiting(self) -> int:
        """How much has happened that the model has not taken in."""
        return len(self._inbox)

    async def _wait(self, until: float | None) -> None:
        """Wait to be woken, or for a time."""
        if until is None:
            await self._awake.wait()
            return
        pause = until - self._context.clock()
        if pause > 0:
            try:
                async with asyncio.timeout(pause):
                    await self._awake.wait()
            except TimeoutError:
                return

    # --- after a run -----------------------------------------------------------------------------

    async def _after_the_end(self, job: JobRecord) -> bool:
        """Keep a job that has ended in order; return whether nothing is left to do now."""
        self.seen.forget_tasks()
        if job.status.get("observedGeneration") != job.generation:
            body = jobstatus.seen_again(job, self._context.clock())
            await write_job(self._context.client, self, job, body)
            return False
        due = self._next_duty(job)
        if due is None:
            await self._nothing_hinders(job)
            return True
        await self._wait(due)
        if self.seen.record is not job or self.seen.deleted or due > self._context.clock():
            return False
        return await self._do_duty(job)

    def _next_duty(self, job: JobRecord) -> float | None:
        """Return when a job that has ended needs something next."""
        ended = job.completed() or job.created
        times = []
        if job.ttl is not None:
            times.append(ended + job.ttl)
        if self.seen.late is not None:
            times.append(self.seen.late + LATE)
        if self._pods_left(job):
            times.append(ended + job.reuse_seconds + LEFT_BEHIND)
        return min(times, default=None)

    def _pods_left(self, job: JobRecord) -> list[str]:
        """Return the names of pods that only this job's tasks could use."""
        return [
            pod.name
            for pod in self._context.shared.owned_by(job.uid)
            if (pod.lingers or not pod.ended)
            and pod.deletion is None
            and (job.reuse != "AcrossJobs" or self._context.shared.holders.get(pod.key) == job.uid)
        ]

    async def _do_duty(self, job: JobRecord) -> bool:
        client, now = self._context.client, self._context.clock()
        ended = job.completed() or job.created
        if job.ttl is not None and ended + job.ttl <= now:
            await remove_all(client, job.namespace, job.uid, self._context.removals)
            await client.delete(JOBS, job.namespace, job.name, uid=job.uid)
            self.seen.deleted = True
            return False
        late = self.seen.late
        if late is not None and late + LATE <= now:
            await self._sweep(job)
            return False
        for name in self._pods_left(job):
            await client.delete(PODS, job.namespace, name)
        await self._nothing_hinders(job)
        # They are gone, or being ended, once that is seen.
        return job.ttl is None

    async def _sweep(self, job: JobRecord) -> None:
        """Remove what was made for the job after its end: nobody knew that it would come."""
        late = self.seen.late
        await self._list(job)
        record = self.seen.record
        if record is not None and record.is_final and not self.seen.deleted:
            # The model of a run that has ended does nothing else.
            await self._drive(record)
        if self.seen.late == late:
            self.seen.late = None
