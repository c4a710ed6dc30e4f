"""Which of several operators acts: the holder of a Lease.

Time is measured here, by a clock that only grows and goes on while the machine sleeps: what
others wrote into the lease as a time is never compared with ours, only whether it changed.

A holder that could not renew in time has lost the lease, whatever has become of it, and drops
all that it was about to do. That is for efficiency: two operators that act at once disturb each
other, but the API server keeps them from doing harm (every transition is conditional).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.api import times
from fairlead.errors import FairleadError
from fairlead_operator.kube.client import KubeClient
from fairlead_operator.kube.errors import (
    AlreadyExistsError,
    ConflictError,
    KubeError,
    NotFoundError,
)
from fairlead_operator.kube.kinds import LEASES
from fairlead_operator.logs import Log

log = Log("elector")


class LeaseLostError(FairleadError):
    """This process does not hold the lease any more, or cannot know that it does."""


def now() -> float:
    """Return seconds that only grow, and that count the machine's sleep where they can."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


class Elector:
    """Takes one lease, keeps it, and gives it back.

    Parameters
    ----------
    client
        A client for this alone, whose requests are over in a fraction of the lease's time.
    identity
        What this process is called. One that finds the lease held under its own name takes it
        at once: a pod whose container was started again.
    seconds
        How long the lease lasts after its last renewal.
    clock
        Seconds that only grow.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        name: str,
        identity: str,
        *,
        seconds: float = 15.0,
        clock: Callable[[], float] = now,
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self.identity = identity
        self._seconds = seconds
        self._clock = clock
        self._seen: tuple[str, float] = ("", 0.0)
        self._version = ""
        self._renewed: float | None = None
        self._failures = 0
        self.holder = ""

    @property
    def leading(self) -> bool:
        """Whether this process may act: for a while less than others would wait."""
        return self._silence < self._seconds * 2 / 3

    async def confirmed(self) -> None:
        """Return when this process may act, which mostly is at once: for use before a write.

        A renewal that is late holds writes up; whether the lease is lost turns out meanwhile.

        Raises
        ------
        LeaseLostError
            If this process does not hold the lease.
        """
        while not self.leading:
            self._check()
            await asyncio.sleep(self._seconds / 150)

    @property
    def _silence(self) -> float:
        """How long ago the last renewal that succeeded was begun."""
        return float("inf") if self._renewed is None else self._clock() - self._renewed

    def _check(self) -> None:
        if self._renewed is None:
            raise LeaseLostError("this process does not hold the lease")
        if self._silence >= self._seconds:
            raise LeaseLostError("the lease was not renewed in time")

    async def campaign(self) -> None:
        """Return when this process holds the lease."""
        while not await self._try():
            await asyncio.sleep(self._seconds / 15)
        log.info("leading", lease=f"{self._namespace}/{self._name}", identity=self.identity)

    async def keep(self) -> None:
        """Renew the lease again and again.

        Raises
        ------
        LeaseLostError
            When it is lost.
        """
        while True:
            await asyncio.sleep(self._seconds / 5)
            await self._renew_in_time()

    def give_up(self) -> None:
        """Act no more, and take the lease anew only after this."""
        self._renewed = None

    async def release(self) -> None:
        """Let others take the lease at once, if this process holds it."""
        if not self.leading:
            return
        self._renewed = None
        try:
            await self._write({"holderIdentity": "", "leaseDurationSeconds": 1})
        except KubeError as error:
            log.warning("the lease runs out by itself", because=error)

    # --- taking it --------------------------------------------------------------------

    async def _try(self) -> bool:
        """Take the lease if it is free; return whether this process holds it."""
        began = self._clock()
        try:
            taken = await self._take_if_free()
        except KubeError as error:
            self._failed("the lease cannot be taken", error)
            return False
        self._failures = 0
        if taken:
            self._renewed = began
            self.holder = self.identity
        return taken

    async def _take_if_free(self) -> bool:
        try:
            try:
                lease = await self._client.get(LEASES, self._namespace, self._name)
            except NotFoundError:
                await self._create()
            else:
                if not self._is_free(lease):
                    return False
                self._version = lease["metadata"]["resourceVersion"]
                await self._write(self._taken(lease.get("spec") or {}))
        except (AlreadyExistsError, ConflictError):
            # Somebody was faster.
            return False
        return True

    def _is_free(self, lease: Mapping[str, Any]) -> bool:
        """Whether nobody holds the lease, or its holder has not been heard of for too long."""
        version = lease["metadata"]["resourceVersion"]
        spec = lease.get("spec") or {}
        if version != self._seen[0]:
            self._seen = (version, self._clock())
        holder = spec.get("holderIdentity") or ""
        if holder != self.holder:
            log.info("the lease is held", by=holder or "nobody")
            self.holder = holder
        if holder in ("", self.identity):
            return True
        lasts = float(spec.get("leaseDurationSeconds") or self._seconds)
        return self._clock() - self._seen[1] >= lasts

    async def _create(self) -> None:
        body = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": self._taken({}),
        }
        made = await self._client.create(LEASES, self._namespace, body)
        self._version = made["metadata"]["resourceVersion"]

    def _taken(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """Return the lease as it is when this process has just taken it."""
        transitions = int(before.get("leaseTransitions") or 0)
        another = before.get("holderIdentity") != self.identity
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": max(1, round(self._seconds)),
            # For people: nobody compares these times.
            "acquireTime": times.text(time.time()),
            "renewTime": times.text(time.time()),
            "leaseTransitions": transitions + 1 if before and another else transitions,
        }

    # --- keeping it -------------------------------------------------------------------

    async def _renew_in_time(self) -> None:
        while True:
            self._check()
            began = self._clock()
            try:
                await self._renew()
            except KubeError as error:
                self._failed("the lease was not renewed", error)
                await asyncio.sleep(self._seconds / 30)
                continue
            self._failures = 0
            self._renewed = began
            return

    def _failed(self, what: str, error: KubeError) -> None:
        """Say the first time in a row that the lease could not be had, and why."""
        self._failures += 1
        write = log.warning if self._failures == 1 else log.debug
        write(what, because=error)

    async def _renew(self) -> None:
        try:
            await self._write({"renewTime": times.text(time.time())})
        except (ConflictError, NotFoundError):
            await self._look_again()

    async def _look_again(self) -> None:
        """Take up the lease as it is now, if it is still ours."""
        lease = await self._client.get(LEASES, self._namespace, self._name)
        holder = (lease.get("spec") or {}).get("holderIdentity") or ""
        if holder != self.identity:
            self._renewed = None
            raise LeaseLostError(f"the lease was taken by {holder or 'nobody'}")
        # Our own write, whose answer was lost, or somebody's label.
        self._version = lease["metadata"]["resourceVersion"]
        await self._write({"renewTime": times.text(time.time())})

    async def _write(self, spec: Mapping[str, Any]) -> None:
        body = {"metadata": {"resourceVersion": self._version}, "spec": spec}
        written = await self._client.patch(LEASES, self._namespace, self._name, body)
        self._version = written["metadata"]["resourceVersion"]
