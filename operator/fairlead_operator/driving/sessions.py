"""Closes the open jobs whose programs have died.

The program that has opened a session shows that it lives by an annotation which keeps changing
(:data:`fairlead.api.labels.PULSE`).  Once it has not changed for the seconds that it names, the
job is read from the API server itself, and again after as long: while the API server was away
nobody could write anything.  Only then is the job closed with the tasks that it has, and
cancelled.  An open job without the annotation stays open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from fairlead.api import labels
from fairlead_operator.driving.events import EventWriter
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import ConflictError, KubeError, NotFoundError
from fairlead_operator.kube.kinds import JOBS, TASKS
from fairlead_operator.logs import Log

TICK = 1.0
"""Seconds between two looks at what is known of the open jobs."""

ABANDONED = "SessionAbandoned"

log = Log("sessions")


@dataclass(slots=True)
class _Session:
    """An open job: its pulse, since when it is the same, and whether it was found to be twice."""

    job: JobRecord
    pulse: str
    seconds: int
    since: float
    doubted: bool = False


class Sessions:
    """Knows the open jobs, and when each was heard of last."""

    def __init__(self, client: KubeClient, events: EventWriter, clock: Callable[[], float]) -> None:
        self._client = client
        self._events = events
        self._clock = clock
        self._open: dict[str, _Session] = {}

    def observe(self, job: JobRecord) -> None:
        """Take note of a job as it is now."""
        seconds = _seconds(job.pulse)
        if not seconds or job.deleted or job.is_final or job.closed_tasks is not None:
            self.forget(job.uid)
            return
        known = self._open.get(job.uid)
        if known is None or known.pulse != job.pulse:
            self._open[job.uid] = _Session(job, job.pulse, seconds, self._clock())

    def forget(self, uid: str) -> None:
        """Take note that a job is no more."""
        self._open.pop(uid, None)

    async def run(self) -> None:
        """Close abandoned jobs until cancelled; only the leader does."""
        while True:
            await asyncio.sleep(TICK)
            await self.look()

    async def look(self) -> None:
        """Look once at those that have been silent for too long."""
        now = self._clock()
        for one in list(self._open.values()):
            if now - one.since < one.seconds:
                continue
            one.since = now
            try:
                await self._ask_for(one)
            except ConflictError:
                continue  # something has just changed: that is a sign of life, or an end
            except KubeError as error:
                log.warning("Could not look after a session", job=one.job.name, because=error)

    async def _ask_for(self, one: _Session) -> None:
        try:
            raw = await self._client.get(JOBS, one.job.namespace, one.job.name)
        except NotFoundError:
            self.forget(one.job.uid)
            return
        job = JobRecord.parse(raw)
        if job.uid != one.job.uid:
            self.forget(one.job.uid)
            return
        self.observe(job)
        if self._open.get(job.uid) is not one:
            return
        if one.doubted:
            await self._close(job, one.seconds)
        one.doubted = True

    async def _close(self, job: JobRecord, seconds: int) -> None:
        top = labels.parent_attempt(job.uid, 0)
        tasks = 0
        async for page in self._client.pages(
            TASKS, job.namespace, labels=f"{labels.PARENT_ATTEMPT}={top}", metadata_only=True
        ):
            tasks += len(page.items)
        unchanged = {"resourceVersion": str(job.resource_version)}
        wanted = {"desired": "Cancelled", "closed": {"tasks": tasks}}
        body = {"metadata": unchanged, "spec": wanted}
        await self._client.patch(JOBS, job.namespace, job.name, body)
        self.forget(job.uid)
        note = (
            f"The program that opened this session has shown no sign of life for {2 * seconds} s:"
            " it was closed and cancelled. FAIRLEAD_SESSION_SECONDS of the program says how long"
            " it may be silent."
        )
        self._events.emit(job, EmitEvent(ABANDONED, note, True), self._clock())
        log.warning("Closed a session that its program has left", job=job.name, tasks=tasks)


def _seconds(pulse: str) -> int:
    """Return within how many seconds a pulse changes; 0 if there is none."""
    first = pulse.partition(" ")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < 10 else 0
