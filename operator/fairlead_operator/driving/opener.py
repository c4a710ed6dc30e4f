"""Opening a run: making the Tasks that it begins with, then saying that they are there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from fairlead_operator.driving.applying import Home, SurpriseError, write_job
from fairlead_operator.driving.granting import defaults
from fairlead_operator.jobs import jobstatus
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.opening import Copy, InvalidJobError, copied_body, plan
from fairlead_operator.kube.errors import (
    AlreadyExistsError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from fairlead_operator.kube.kinds import JOBS, TASKS

if TYPE_CHECKING:
    from fairlead_operator.driving.seen import Seen
    from fairlead_operator.driving.worker import Context

AT_ONCE = 16
"""How many Tasks of a job are made at the same time."""


async def open_run(
    context: Context, home: Home, seen: Seen, job: JobRecord, *, tell: bool = True
) -> None:
    """Make what is missing of the run that is wanted, and write that the run is open.

    With ``tell``, an event tells people of Tasks that the API server refuses.
    """
    now = context.clock()
    raw = await context.client.get(JOBS, job.namespace, job.name)
    if raw["metadata"]["uid"] != job.uid:
        raise SurpriseError(f"job {job.name} was made anew")
    job = home.job_read(raw)
    if job.is_opened or job.deleted:
        return
    try:
        found = plan(
            job, raw, seen.tasks.values(), defaults(context.shared, job.namespace, job.release)
        )
        await _all(_make(context, home, job, body) for body in found.create)
        await _all(_copy(context, home, job, copy) for copy in found.copy)
    except InvalidJobError as error:
        context.events.emit(job, EmitEvent(error.reason, str(error), True), now)
        body = jobstatus.refused(job, error.reason, str(error), now)
        await write_job(context.client, home, job, body)
        return
    except ForbiddenError as error:
        # A quota, or a policy that may be mended: the job waits.
        if tell:
            context.events.emit(job, EmitEvent("TasksRefused", error.message, True), now)
        raise
    await write_job(context.client, home, job, jobstatus.opened(job, found.total, now))


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do many things, a bounded number at a time; the first error ends it."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(coroutine: Coroutine[Any, Any, None]) -> None:
        async with room:
            await coroutine

    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in work:
                group.create_task(one(coroutine))
    except* Exception as errors:
        raise errors.exceptions[0] from None


async def _copy(context: Context, home: Home, job: JobRecord, copy: Copy) -> None:
    try:
        old = await context.client.get(TASKS, job.namespace, copy.old)
    except NotFoundError:
        raise SurpriseError(f"Task {copy.old} is not there any more") from None
    await _make(context, home, job, copied_body(job, copy, old))


async def _make(context: Context, home: Home, job: JobRecord, body: dict[str, Any]) -> None:
    name = body["metadata"]["name"]
    try:
        raw = await context.client.create(TASKS, job.namespace, body)
    except (AlreadyExistsError, UnavailableError):
        raw = await _made_before(context, job, name, body)
    except InvalidError as error:
        raise InvalidJobError("InvalidTask", f"Task {name}: {error.message}") from None
    home.task_read(raw)


async def _made_before(
    context: Context, job: JobRecord, name: str, body: dict[str, Any]
) -> dict[str, Any]:
    """Return the Task that was made already, by us in an earlier life or by a lost request."""
    try:
        raw = await context.client.get(TASKS, job.namespace, name)
    except NotFoundError:
        return await context.client.create(TASKS, job.namespace, body)
    if raw["spec"]["jobUID"] != job.uid or raw["spec"]["key"] != body["spec"]["key"]:
        raise InvalidJobError("InvalidTask", f"Task {name} is there already and is no task of ours")
    return raw
