"""Looking after what jobs run on: releases, machine sizes and machine groups.

One loop for all of them, level-triggered: events only say what to look at again.  What
goes wrong is looked at again later; nothing here can hold up a job.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from fairlead.api.names import group_pod_name
from fairlead_operator.driving.lent import Shared
from fairlead_operator.elector import LeaseLostError
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import AlreadyExistsError, KubeError, NotFoundError
from fairlead_operator.kube.kinds import ACCOUNTS, CONFIGMAPS, GROUPS, PODS, RELEASES, SIZES, Kind
from fairlead_operator.logs import Log
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.classify import Ending, Patience, Stuck, classify, look_again
from fairlead_operator.runners.group_plan import GroupFacts, GroupMemory, plan_group
from fairlead_operator.runners.groups import Group
from fairlead_operator.runners.lanes import Use
from fairlead_operator.runners.pod import build_pod
from fairlead_operator.runners.pod_order import PodOrder, in_group
from fairlead_operator.runners.pod_record import PodRecord, parse_pod
from fairlead_operator.runners.refusal import Refusal
from fairlead_operator.runners.refused import creation_refused
from fairlead_operator.runners.release_record import Published
from fairlead_operator.runners.releases import ChosenRelease
from fairlead_operator.runners.standing import group_status, release_status, size_status

Key = tuple[str, str]
Thing = tuple[Kind, Key]
"""A kind, and namespace and name of an object."""

TICK = 1.0
"""Seconds between two looks of the allocator at who waits."""

SIZE_SECONDS = 2.0
"""Seconds between two writes of a size's numbers."""

CHECK_SECONDS = 600.0
"""Seconds after which it is looked at again whether a release's package is there."""

BROKEN_SECONDS = 10.0
"""Seconds after which it is looked at again whether a missing package has come."""

KEEP_SECONDS = 300.0
"""How long an ended pod stays that no job owns, for ``kubectl logs``."""

AGAIN_SECONDS = 5.0
"""Seconds after which something is tried again that the API server refused."""

MISTAKE_SECONDS = 60.0
"""Seconds after which something is tried again at which the operator made a mistake."""

log = Log("upkeep")


class Upkeep:
    """Looks after everything that is not one job's.

    Parameters
    ----------
    everywhere
        Whether the installation looks after the whole cluster; only then are the statuses
        of machine sizes its to write.
    runners_came
        Called with a namespace, or None for all, whose jobs should ask for runners again.
    """

    def __init__(
        self,
        client: KubeClient,
        shared: Shared,
        clock: Callable[[], float],
        runners_came: Callable[[str | None], None],
        *,
        everywhere: bool,
    ) -> None:
        self._client = client
        self._shared = shared
        self._clock = clock
        self._runners_came = runners_came
        self._everywhere = everywhere
        self._due: dict[Thing, float] = {}
        self._alarms: list[tuple[float, int, Thing]] = []
        self._numbers = itertools.count()
        self._sized: dict[str, float] = {}
        self._memories: dict[Key, GroupMemory] = {}
        self._news = asyncio.Event()
        shared.allocator.tell_of_groups(self._group_changed)

    # --- events -----------------------------------------------------------------------

    def observe(self, event: Event) -> None:
        """Take an event about a release, a size, a group or an account."""
        shared, now = self._shared, self._clock()
        if event.kind is RELEASES:
            before = shared.releases.get(*_key(event))
            key = shared.releases.observe(event)
            self._changed(RELEASES, key, before != shared.releases.get(*key), key[0])
        elif event.kind is SIZES:
            known = shared.sizes.known(_key(event)[1])
            name = shared.sizes.observe(event)
            self._changed(SIZES, ("", name), known != shared.sizes.known(name), None)
        elif event.kind is GROUPS:
            group = shared.groups.known(*_key(event))
            key = shared.groups.observe(event)
            self._changed(GROUPS, key, group != shared.groups.known(*key), key[0])
        elif event.kind is ACCOUNTS:
            namespace, _ = shared.accounts.observe(event)
            self._groups_in(namespace, now)
            self._runners_came(namespace)

    def _changed(self, kind: Kind, key: Key, really: bool, namespace: str | None) -> None:
        """Look at something again; tell the jobs, if more than its status has changed."""
        now = self._clock()
        self._look(kind, key, now)
        if not really:
            return
        if kind is not RELEASES:
            self._shared.allocator.bounds_changed(now)
        if kind is not GROUPS:
            self._groups_in(namespace, now)
        self._runners_came(namespace)

    def _group_changed(self, namespace: str, name: str) -> None:
        self._look(GROUPS, (namespace, name), self._clock())

    def _groups_in(self, namespace: str | None, now: float) -> None:
        for group in self._shared.groups.all():
            if namespace is None or group.namespace == namespace:
                self._look(GROUPS, group.key, now)

    def pod_seen(self, pod: PodRecord) -> None:
        """Take note of a pod, after the allocator has."""
        now = self._clock()
        if pod.group:
            self._look(GROUPS, (pod.namespace, pod.group), now)
        if self._everywhere:
            self._look(SIZES, ("", pod.size), max(now, self._sized.get(pod.size, 0.0)))
        if (pod.ended or pod.lingers) and not pod.gone and pod.owner_kind != "Job":
            ended = pod.container.finished if pod.container else None
            self._look(PODS, pod.key, (ended or now) + KEEP_SECONDS)
        elif _may_be_left(pod):
            self._look(PODS, pod.key, now + KEEP_SECONDS)

    def _look(self, kind: Kind, key: Key, when: float) -> None:
        """Look at something at some time, unless that is to happen earlier anyhow."""
        thing = kind, key
        if when < self._due.get(thing, float("inf")):
            self._due[thing] = when
            heapq.heappush(self._alarms, (when, next(self._numbers), thing))
            self._news.set()

    # --- the loop ----------------------------------------------------------------------

    async def run(self) -> None:
        """Look after everything until cancelled; called once this process is the leader."""
        now = self._clock()
        for kind, keys in self._everything().items():
            for key in keys:
                self._look(kind, key, now)
        ticked = 0.0
        while True:
            self._news.clear()
            now = self._clock()
            if abs(now - ticked) >= TICK:
                ticked = now
                self._shared.allocator.tick(now)
            await self._make_room()
            for kind, key in self._ready(now):
                await self._attend(kind, key)
            pause = min(TICK, self._alarms[0][0] - self._clock() if self._alarms else TICK)
            await self._wait(max(0.0, pause))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    def _everything(self) -> dict[Kind, Iterable[Key]]:
        shared = self._shared
        return {
            RELEASES: [one.key for one in shared.releases.all()],
            SIZES: [("", name) for name in shared.sizes.names()],
            GROUPS: [one.key for one in shared.groups.all()],
        }

    def _ready(self, now: float) -> list[Thing]:
        """Take out what is due."""
        found: list[Thing] = []
        while self._alarms and self._alarms[0][0] <= now:
            when, _, thing = heapq.heappop(self._alarms)
            if self._due.get(thing) == when:
                del self._due[thing]
                found.append(thing)
        return found

    async def _attend(self, kind: Kind, key: Key) -> None:
        attend = {
            RELEASES: self._release,
            SIZES: self._size,
            GROUPS: self._group,
            PODS: self._pod,
        }[kind]
        try:
            await attend(key)
        except NotFoundError:
            log.debug("It is gone meanwhile", kind=kind.kind, name=key[1])
        except KubeError as error:
            log.warning("Will look again", kind=kind.kind, name=key[1], why=str(error))
            self._look(kind, key, self._clock() + AGAIN_SECONDS)
        except LeaseLostError:
            # Somebody else may act now: the process has to end.
            raise
        except Exception:
            # One object that nobody has thought of must not hold up all others.
            log.exception("A mistake of the operator", kind=kind.kind, name=key[1])
            self._look(kind, key, self._clock() + MISTAKE_SECONDS)

    async def _make_room(self) -> None:
        """End the runners that do nothing and are in others' way."""
        for namespace, name in self._shared.allocator.take_ends():
            try:
                await self._client.delete(PODS, namespace, name)
            except KubeError as error:
                log.warning("Could not end a runner", pod=name, why=str(error))

    async def _write(self, kind: Kind, key: Key, status: dict[str, Any] | None) -> None:
        if status is not None:
            await self._client.patch_status(kind, key[0] or None, key[1], status)

    # --- releases and sizes --------------------------------------------------------------

    async def _release(self, key: Key) -> None:
        release = self._shared.releases.get(*key)
        if release is None:
            return
        missing = [name async for name in self._missing(release)]
        if self._shared.releases.found_faults(*key, missing):
            self._groups_in(key[0], self._clock())
            self._runners_came(key[0])
        now = self._clock()
        if release.package is not None:
            self._look(RELEASES, key, now + (BROKEN_SECONDS if missing else CHECK_SECONDS))
        known = self._shared.releases.get(*key)
        if known is not None:
            await self._write(RELEASES, key, release_status(known, now))

    async def _missing(self, release: Published) -> Any:
        for name in release.package.config_maps if release.package else ():
            try:
                await self._client.get(CONFIGMAPS, release.namespace, name, metadata_only=True)
            except NotFoundError:
                yield f"the ConfigMap {name} of its package is missing"

    async def _size(self, key: Key) -> None:
        size = self._shared.sizes.known(key[1])
        if size is None or not self._everywhere:
            return
        now = self._clock()
        running = self._shared.allocator.count(size.name)
        waiting = self._shared.allocator.waiting(size.name)
        status = size_status(size, running, waiting, now)
        if status is not None:
            # Many pods may come and go; their number is written now and then.
            self._sized[size.name] = now + SIZE_SECONDS
            self._look(SIZES, key, now + SIZE_SECONDS)
            await self._write(SIZES, key, status)

    # --- groups --------------------------------------------------------------------------

    async def _group(self, key: Key) -> None:
        group = self._shared.groups.known(*key)
        if group is None:
            self._memories.pop(key, None)
            return
        now = self._clock()
        memory = self._memories.setdefault(key, GroupMemory())
        stuck = self._stuck(group, now)
        release, facts = self._facts(group, memory, stuck, now)
        plan = plan_group(facts, memory, now)
        failed = {name for name, verdict in stuck.items() if isinstance(verdict, Ending)}
        if failed:
            memory.failed(now)
        await self._end_runners(group, {*plan.end, *failed}, now)
        if plan.terminate:
            await self._client.patch(GROUPS, *key, {"spec": {"desired": "Terminated"}})
        if isinstance(release, ChosenRelease):
            for _ in range(plan.make):
                if not await self._make_runner(group, release, memory):
                    break
        if plan.again is not None:
            self._look(GROUPS, key, plan.again)
        if not group.deleted:
            await self._write(GROUPS, key, group_status(group, plan, now))

    def _facts(
        self, group: Group, memory: GroupMemory, stuck: Mapping[str, Stuck | Ending], now: float
    ) -> tuple[ChosenRelease | Refusal | None, GroupFacts]:
        shared = self._shared
        runners = shared.allocator.runners_of(*group.key)
        memory.note(runners, now)
        name = group.release or memory.release
        release = None if name is None else shared.releases.whole(name, group.namespace)
        size = shared.sizes.get(group.size)
        account = shared.accounts.choose(group.namespace, group.account)
        refusals = [one for one in (size, account, release) if isinstance(one, Refusal)]
        room = shared.allocator.room(group.namespace, group.size)
        troubles = [*stuck.values(), *filter(None, [memory.refused])]
        refusal = refusals[0] if refusals else None
        return release, GroupFacts(group, runners, name, refusal, room, tuple(troubles))

    def _stuck(self, group: Group, now: float) -> dict[str, Stuck | Ending]:
        """Return, by pod, why runners that wait for a task are not up."""
        size = self._shared.sizes.known(group.size)
        patience = Patience(size.start_timeout, size.node_lost_seconds) if size else Patience()
        found: dict[str, Stuck | Ending] = {}
        for runner in self._shared.allocator.runners_of(*group.key):
            pod = self._shared.pods.get(runner.key)
            if runner.use is not Use.IDLE or runner.up or pod is None:
                continue
            verdict = classify(pod, now, patience)
            again = look_again(pod, now, patience)
            if verdict is not None:
                found[pod.name] = verdict
            if again is not None:
                self._look(GROUPS, group.key, again)
        return found

    async def _end_runners(self, group: Group, names: Collection[str], now: float) -> None:
        for name in names:
            if self._shared.allocator.end(group.namespace, name, now):
                await self._client.delete(PODS, group.namespace, name)

    async def _make_runner(self, group: Group, release: ChosenRelease, memory: GroupMemory) -> bool:
        """Make one more runner; return whether it is worth trying another."""
        now = self._clock()
        ordinal = memory.next_ordinal(group, now)
        name = group_pod_name(group.name, group_uid=group.uid, ordinal=ordinal)
        order = self._order(group, release, name)
        if order is None:
            return False
        try:
            raw = await self._client.create(PODS, group.namespace, build_pod(order))
        except AlreadyExistsError:
            return True
        except KubeError as error:
            memory.failed(now, creation_refused(error.status, error.message))
            self._look(GROUPS, group.key, now)
            return False
        memory.refused = None
        pod = parse_pod(raw)
        self._shared.allocator.made(pod, now)
        self._shared.pod_seen(pod, now)
        return True

    def _order(self, group: Group, release: ChosenRelease, name: str) -> PodOrder | None:
        size = self._shared.sizes.get(group.size)
        account = self._shared.accounts.choose(group.namespace, group.account)
        if isinstance(size, Refusal) or isinstance(account, Refusal):
            return None
        order = PodOrder(
            name=name,
            namespace=group.namespace,
            owner=None,
            size=size,
            release=release,
            account=account,
            installed=self._shared.settings,
        )
        return in_group(order, group)

    # --- pods ------------------------------------------------------------------------------

    async def _pod(self, key: Key) -> None:
        """End a pod that has ended, or that no task waits for and nobody else would end."""
        pod = self._shared.pods.get(key)
        if pod is None or not (pod.ended or _may_be_left(pod)):
            return
        if pod.ended or not self._shared.allocator.at_work(*key):
            await self._client.delete(PODS, *key, uid=pod.uid)
        else:
            self._look(PODS, key, self._clock() + KEEP_SECONDS)


def _may_be_left(pod: PodRecord) -> bool:
    """Return whether a pod has not started that goes with no Job and no group.

    Its job may be no more, or have given it up before it was seen.  Once it starts, it finds
    out itself that it has no task; until then it would wait for a node, and count.
    """
    return not (pod.owner_uid or pod.group or pod.started or pod.ended or pod.deletion)


def _key(event: Event) -> Key:
    metadata = event.object["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
