"""Carrying out what a model orders.

Every write of a Task's status is conditional on the version that the decision was made
from.  Where the version differs but nothing that matters does (a runner has told its
progress), the write is made on the new one; anything else is a :class:`SurpriseError`,
upon which the model is thrown away and made again.

What is done for one Task is done in order; ``free`` actions run beside everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from fairlead.api import labels
from fairlead_operator.driving.events import EventWriter
from fairlead_operator.driving.granting import Granting
from fairlead_operator.driving.lent import Shared
from fairlead_operator.jobs import actions as orders
from fairlead_operator.jobs.actions import Action
from fairlead_operator.jobs.board import Board
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.model import JobModel
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import (
    AlreadyExistsError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    KubeError,
    NotFoundError,
    UnavailableError,
)
from fairlead_operator.kube.kinds import JOBS, PODS, TASKS
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.refused import OF_ALL, creation_refused

Object = Mapping[str, Any]

JOB = ""
"""Under this name what is done about the job itself keeps its order."""

TRIES = 5
"""How often a write is made again whose object has changed in nothing that matters."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two tries to make a pod that the API server refuses."""


class SurpriseError(Exception):
    """Something is not as the model takes it to be."""


class Home(Protocol):
    """Where what is read and written comes to be known."""

    def task_read(self, raw: dict[str, Any]) -> TaskRecord:
        """Take note of a Task as the API server has shown it."""

    def task_gone(self, name: str) -> None:
        """Take note that there is no such Task."""

    def job_read(self, raw: dict[str, Any]) -> JobRecord:
        """Take note of the job as the API server has shown it."""

    def pod_read(self, raw: dict[str, Any]) -> None:
        """Take note of a pod as the API server has shown it."""


class Applier:
    """Carries out the actions of one model.

    Parameters
    ----------
    room
        Bounds how many requests are made at the same time.
    wake
        Called when there may be more to do.
    """

    def __init__(
        self,
        client: KubeClient,
        shared: Shared,
        runners: Granting,
        home: Home,
        events: EventWriter,
        clock: Callable[[], float],
        wake: Callable[[], None],
        room: asyncio.Semaphore,
    ) -> None:
        self._client = client
        self._shared = shared
        self._runners = runners
        self._home = home
        self._events = events
        self._clock = clock
        self._wake = wake
        self._room = room
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._pauses: dict[str, float] = {}
        self.model: JobModel | None = None
        self.failure: BaseException | None = None

    # --- order -----------------------------------------------------------------------------

    async def carry_out(self, actions: list[Action]) -> None:
        """Carry out actions: start those that are free, and do the others in order."""
        many: list[asyncio.Task[None]] = []
        for action in actions:
            self.check()
            if isinstance(action, orders.EmitEvent):
                self._events.emit(self._board.job, action, self._clock())
            elif isinstance(action, orders.PatchTask) and action.many:
                many.append(self._begin(action.name, self._patch_task(action)))
            elif isinstance(action, orders.PatchTask | orders.PatchJob) and not action.free:
                await self._finish(many)
                if isinstance(action, orders.PatchJob):
                    await self._ordered_job(action)
                else:
                    await self._begin(action.name, self._patch_task(action))
            else:
                self._begin(_key(action), self._do(action))
        await self._finish(many)
        self.check()

    async def _finish(self, many: list[asyncio.Task[None]]) -> None:
        for task in many:
            await task
        many.clear()
        self.check()

    async def _ordered_job(self, action: orders.PatchJob) -> None:
        if action.status.get("completionTime"):
            # Nothing of the run is left to be written after its end.
            await self.quiet()
        await self._begin(JOB, self._patch_job(action))

    def _begin(self, key: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something after whatever is under way for the same Task."""
        before = self._under_way.get(key)
        task = asyncio.create_task(self._after(key, before, work))
        self._under_way[key] = task
        return task

    async def _after(
        self, key: str, before: asyncio.Task[None] | None, work: Coroutine[Any, Any, None]
    ) -> None:
        try:
            if before is not None:
                await before
            if self.failure is None:
                await work
        except Exception as error:
            self.failure = self.failure or error
        finally:
            work.close()  # which may not have begun
            if self._under_way.get(key) is asyncio.current_task():
                del self._under_way[key]
            self._wake()

    def check(self) -> None:
        """Raise what has gone wrong."""
        if self.failure is not None:
            raise self.failure

    @property
    def busy(self) -> bool:
        """Whether something is under way."""
        return bool(self._under_way)

    def abandon(self) -> None:
        """Give up what is under way: this operator may not write any more."""
        for task in self._under_way.values():
            task.cancel()

    async def quiet(self) -> None:
        """Wait until nothing is under way; whoever is ended meanwhile gives it up."""
        try:
            # One that was cancelled before it began has not taken itself out.
            while waiting := [task for task in self._under_way.values() if not task.done()]:
                await asyncio.wait(waiting)
        except asyncio.CancelledError:
            self.abandon()
            raise

    @property
    def _model(self) -> JobModel:
        assert self.model is not None
        return self.model

    @property
    def _board(self) -> Board:
        return self._model.board

    # --- one action ------------------------------------------------------------------------

    async def _do(self, action: Action) -> None:
        async with self._room:
            await self._do_now(action)

    async def _do_now(self, action: Action) -> None:
        match action:
            case orders.PatchTask():
                await self._patch_task(action)
            case orders.PatchJob():
                await self._patch_job(action)
            case orders.StartTask():
                await self._start(action)
            case orders.CreatePod():
                await self._make_pod(action.name, action.attempt, action.grant)
            case orders.DeletePod():
                await self._client.delete(PODS, self._namespace, action.pod_name)
            case orders.ReadTask():
                await self._read_task(action)
            case orders.ReadPod():
                await self._read_pod(action)
            case orders.ListSiblings():
                await self._list(action)
            case orders.DeleteSiblings():
                selector = f"{labels.PARENT_ATTEMPT}={action.siblings}"
                await self._client.delete_collection(TASKS, self._namespace, selector)
            case orders.DeleteTask():
                await self._client.delete(TASKS, self._namespace, action.name, uid=action.uid)
            case _:
                raise TypeError(f"nobody carries out {action!r}")

    @property
    def _namespace(self) -> str:
        return self._board.job.namespace

    # --- Tasks -----------------------------------------------------------------------------

    async def _patch_task(self, action: orders.PatchTask) -> None:
        await self._write_task(action.name, action.status, free=action.free)

    async def _write_task(self, name: str, status: Object, *, free: bool = False) -> bool:
        """Write part of a Task's status; return whether it is there now."""
        base = self._base(name)
        for _ in range(TRIES):
            version = self._board.records[name].resource_version
            try:
                raw = await self._client.patch_status(
                    TASKS, self._namespace, name, status, resource_version=str(version)
                )
            except NotFoundError:
                self._home.task_gone(name)
                return False
            except ConflictError:
                if not await self._worth_another(name, base, status, free=free):
                    return True
            except InvalidError as error:
                raise SurpriseError(f"{name}: {error}") from error
            else:
                self._home.task_read(raw)
                return True
        raise SurpriseError(f"{name} changes too often")

    def _base(self, name: str) -> TaskRecord:
        board = self._board
        return board.bases.get(name) or board.records[name]

    async def _worth_another(
        self, name: str, base: TaskRecord, status: Object, *, free: bool
    ) -> bool:
        """Read a Task that is at another version; return whether to write to that one."""
        raw = await self._client.get(TASKS, self._namespace, name)
        if _is_written(raw.get("status") or {}, status):
            # Our own write, whose answer was lost.
            self._home.task_read(raw)
            return False
        fresh = TaskRecord.parse(raw, base)
        same = _fence(fresh) == _fence(base)
        if not same and not free:
            raise SurpriseError(f"{name} is not as it was: {_fence(fresh)}, not {_fence(base)}")
        if same:
            # Only its version is news: what else there is comes with the answer to the write.
            self._board.newer(name, fresh)
        else:
            self._home.task_read(raw)
        # A stop is for the attempt, however far its runner has come with it meanwhile.
        return same or (status.keys() == {"stop"} and _same_attempt(fresh, base))

    async def _start(self, action: orders.StartTask) -> None:
        try:
            written = await self._write_task(action.name, action.status)
        except Exception:
            self._runners.give_up(action.grant.pod_name, self._clock())
            raise
        if not written:
            self._runners.give_up(action.grant.pod_name, self._clock())
        elif action.grant.new:
            await self._make_pod(action.name, action.attempt, action.grant)

    async def _read_task(self, action: orders.ReadTask) -> None:
        try:
            raw = await self._client.get(TASKS, self._namespace, action.name)
        except NotFoundError:
            self._home.task_gone(action.name)
            return
        self._home.task_read(raw)
        self._model.read_again(action.name, action.attempt, self._clock())

    async def _list(self, action: orders.ListSiblings) -> None:
        selector = f"{labels.PARENT_ATTEMPT}={action.siblings}"
        async for page in self._client.pages(TASKS, self._namespace, labels=selector):
            for raw in page.items:
                self._home.task_read(raw)
        self._model.children_listed(action.name, action.attempt, self._clock())

    # --- pods ------------------------------------------------------------------------------

    async def _make_pod(self, name: str, attempt: int, grant: Any) -> None:
        record = self._board.records[name]
        if record.attempt != attempt or record.pod_name != grant.pod_name:
            return  # It was taken back meanwhile.
        body = self._runners.order(grant, name, attempt, record.facts.grace)
        try:
            raw = await self._client.create(PODS, self._namespace, body)
        except AlreadyExistsError:
            raw = await self._client.get(PODS, self._namespace, grant.pod_name)
        except UnavailableError:
            raw = await self._made_after_all(grant.pod_name, body)
        except (ForbiddenError, InvalidError, ConflictError) as error:
            self._pod_refused(name, attempt, grant, error)
            return
        self._pauses.pop(name, None)
        self._shared.allocator.created(self._namespace, grant.pod_name, self._clock())
        if _owners(raw) != _owners(body):
            raise SurpriseError(f"pod {grant.pod_name} belongs to somebody else")
        self._home.pod_read(raw)

    async def _made_after_all(self, pod_name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Look whether a pod was made by a request whose answer was lost; else make it."""
        try:
            return await self._client.get(PODS, self._namespace, pod_name)
        except NotFoundError:
            return await self._client.create(PODS, self._namespace, body)

    def _pod_refused(self, name: str, attempt: int, grant: Any, error: KubeError) -> None:
        """Count a pod no more that was refused, so that others have its room, and ask later."""
        stuck = creation_refused(error.status, error.message)
        now = self._clock()
        refusal = Refusal(stuck.reason, stuck.explained)
        of_all = stuck.reason in OF_ALL
        pause = self._pauses.get(name, FIRST_PAUSE)
        self._pauses[name] = min(pause * 2, LONGEST_PAUSE)
        self._shared.allocator.refused(
            self._namespace, grant.pod_name, now, refusal if of_all else None
        )
        # What all run into, the allocator tries again; the rest is up to the task.
        until = None if of_all else now + pause
        self._model.pod_refused(name, attempt, grant, refusal, now, until)

    async def _read_pod(self, action: orders.ReadPod) -> None:
        try:
            raw = await self._client.get(PODS, self._namespace, action.pod_name)
        except NotFoundError:
            self._model.pod_absent(action.name, action.pod_name, self._clock())
        else:
            self._home.pod_read(raw)
            self._runners.held(action.pod_name, self._clock())

    # --- the job -----------------------------------------------------------------------------

    async def _patch_job(self, action: orders.PatchJob) -> None:
        await write_job(self._client, self._home, self._board.job, action.status)


async def write_job(client: KubeClient, home: Home, job: JobRecord, status: Object) -> JobRecord:
    """Write part of a Job's status, if nobody else has written it."""
    version = job.resource_version
    for _ in range(TRIES):
        try:
            raw = await client.patch_status(
                JOBS, job.namespace, job.name, status, resource_version=str(version)
            )
        except ConflictError:
            raw = await client.get(JOBS, job.namespace, job.name)
            fresh = JobRecord.parse(raw)
            if fresh.uid != job.uid:
                raise SurpriseError(f"job {job.name} was made anew") from None
            if not _is_written(raw.get("status") or {}, status):
                if (fresh.state, fresh.status_run) != (job.state, job.status_run):
                    raise SurpriseError(f"somebody else has written job {job.name}") from None
                version = fresh.resource_version
                continue
        except InvalidError as error:
            raise SurpriseError(f"job {job.name}: {error}") from error
        return home.job_read(raw)
    raise SurpriseError(f"job {job.name} changes too often")


def _owners(pod: Object) -> list[str]:
    return [owner["uid"] for owner in pod["metadata"].get("ownerReferences") or ()]


def _key(action: Action) -> str:
    if isinstance(action, orders.DeleteSiblings):
        return f"siblings {action.siblings}"
    return JOB if isinstance(action, orders.PatchJob) else getattr(action, "name", JOB)


def _fence(record: TaskRecord) -> tuple[Any, ...]:
    """Return what may not have changed between a decision about a Task and its write."""
    return (
        record.facts.uid,
        record.state,
        record.attempt,
        record.pod_name,
        record.reported is not None,
    )


def _same_attempt(fresh: TaskRecord, base: TaskRecord) -> bool:
    """Return whether a runner still is at work on the attempt that something was decided about."""
    return (
        fresh.facts.uid == base.facts.uid
        and fresh.attempt == base.attempt
        and fresh.pod_name == base.pod_name
        and fresh.reported is None
    )


def _is_written(status: Object, wanted: Object) -> bool:
    return all(status.get(name) == value for name, value in wanted.items())
