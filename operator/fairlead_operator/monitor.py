"""Looks again and again whether the operator can work, and says what keeps it from that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from fairlead_operator.checks import Checks
from fairlead_operator.kube.backoff import Backoff
from fairlead_operator.kube.counts import RequestKey
from fairlead_operator.kube.errors import ForbiddenError, KubeError, UnauthorizedError
from fairlead_operator.problems import DENIED, UNAUTHORIZED, UNREACHABLE, Finding, Problems
from fairlead_operator.rights import Rights, told

LOOK_SECONDS = 3.0
"""How long after a look the next one is: one small request, where all is well."""

CONFIRM_SECONDS = 1.0
"""How long after a bad look the one is that has to confirm it: roles reach all parts of the API
server a moment after they are stored, and a token is read anew once it was refused."""

THOROUGH_SECONDS = 120.0
"""How often everything is asked, though nothing seems to be wrong."""


class Cadence:
    """When everything is asked, and not only what is cheap.

    That is: as long as something is wrong, every two minutes in any case, and soon after a
    request was forbidden. Mostly that was a quota or a policy, which no role mends, so that
    asking for all rights because of it becomes ever more seldom.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._patience = Backoff(first=LOOK_SECONDS, most=THOROUGH_SECONDS)
        self._last = float("-inf")
        self._not_before = float("-inf")
        self._in_vain = 0
        self._forbidden = 0

    def thorough(self, *, fit: bool, forbidden: int) -> bool:
        """Return whether it is time to ask everything; if so, it counts as having been asked.

        Parameters
        ----------
        fit
            Whether nothing was wrong when it was asked last.
        forbidden
            How many requests were forbidden so far.
        """
        now = self._clock()
        if not fit or now - self._last >= THOROUGH_SECONDS:
            self._in_vain = 0
        elif forbidden == self._forbidden or now < self._not_before:
            return False
        self._in_vain += 1
        self._last, self._forbidden = now, forbidden
        self._not_before = now + self._patience.pause(self._in_vain)
        return True


Requests = Callable[[], Mapping[RequestKey, int]]


class View(Protocol):
    """What there is to say of the objects that are observed."""

    def problem(self) -> Finding | None:
        """Return what is wrong with the view of them, if anything."""


class Monitor:
    """Finds out which cause of :mod:`fairlead_operator.problems` lasts.

    Parameters
    ----------
    requests
        How many requests the operator has made, by verb, resource and code: one that was
        forbidden is a reason to ask for all rights again.
    view
        Gives the view of this moment.
    """

    def __init__(
        self,
        checks: Checks,
        rights: Rights,
        problems: Problems,
        requests: Requests,
        view: Callable[[], View],
    ) -> None:
        self._checks = checks
        self._rights = rights
        self._problems = problems
        self._requests = requests
        self._view = view
        self._fit = asyncio.Event()
        self._cadence = Cadence()

    @property
    def fit(self) -> bool:
        """Whether the API server has and allows all that is needed, as far as is known."""
        return self._fit.is_set()

    async def wait_fit(self) -> None:
        """Return when the API server has and allows all that is needed."""
        await self._fit.wait()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once, and once more before saying something new."""
        thorough = self._cadence.thorough(fit=self.fit, forbidden=self._forbidden())
        found = await self._server(thorough=thorough)
        if found is not None and found != self._problems.lasting:
            await asyncio.sleep(CONFIRM_SECONDS)
            found = await self._server(thorough=True)
        if found is None:
            self._fit.set()
        else:
            self._fit.clear()
        self._problems.found(found or self._view().problem())

    async def _server(self, *, thorough: bool) -> Finding | None:
        """Return what is wrong with the API server, or with what it allows."""
        try:
            for check in self._due(thorough):
                if (found := await check()) is not None:
                    return found
        except UnauthorizedError as error:
            return Finding(UNAUTHORIZED, f"the API server says {error.message or 'Unauthorized'}")
        except ForbiddenError as error:
            return Finding(DENIED, f"the API server says: {error.message.rstrip('.')}")
        except KubeError as error:
            return Finding(UNREACHABLE, "the API server does not answer, or fails", f"{error}")
        return None

    def _due(self, thorough: bool) -> Sequence[Callable[[], Awaitable[Finding | None]]]:
        """Return what to ask, what explains the rest first."""
        checks = self._checks
        if not thorough:
            return (checks.of_definitions,)
        return (checks.of_version, checks.of_definitions, checks.of_fields, self._of_rights)

    def _forbidden(self) -> int:
        """Return how many requests were forbidden so far."""
        return sum(number for (_, _, code), number in self._requests().items() if code == "403")

    async def _of_rights(self) -> Finding | None:
        missing = await self._rights.missing()
        if not missing:
            return None
        return Finding(DENIED, f"the operator's service account may not {told(missing)}")
