"""The operator's HTTP server: is it alive, is it ready, and its numbers."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from fairlead.errors import InvalidRequestError
from fairlead_operator.observe.freshness import Freshness
from fairlead_operator.problems import Finding, Problems

STUCK_SECONDS = 300.0
"""How long a source of events may do nothing at all, not even fail, before the process counts
as stuck. An API server that does not answer is no reason to be started again."""


class View(Protocol):
    """What is known of the objects that are observed."""

    freshness: Freshness
    synced: bool

    def problem(self) -> Finding | None:
        """Return what is wrong with it, if anything."""


class Health:
    """What is known of the operator's health.

    Parameters
    ----------
    view
        Gives the view of this moment.
    """

    def __init__(self, problems: Problems, view: Callable[[], View]) -> None:
        self._problems = problems
        self._view = view

    def alive(self) -> str | None:
        """Return why the process should be started again; None if it should not."""
        idle = self._view().freshness.idlest()
        if idle > STUCK_SECONDS:
            return f"a source of events has done nothing for {idle:.0f} s"
        return None

    def ready(self) -> str | None:
        """Return why the operator cannot do its work, as leader or in standby; None if it can."""
        view = self._view()
        if (lasting := self._problems.text()) is not None:
            return lasting
        # The monitor is going to say so too, a moment later.
        if (found := view.problem()) is not None:
            return found.text
        return None if view.synced else "not everything has been listed yet"


@asynccontextmanager
async def serve(
    health: Health, numbers: Callable[[], Awaitable[tuple[bytes, str]]], port: int
) -> AsyncIterator[int]:
    """Serve for as long as the block; the value is the port.

    Parameters
    ----------
    numbers
        Gives the text of ``/metrics`` and its content type.
    port
        0 for any that is free.
    """

    async def metrics(_: web.Request) -> web.Response:
        body, content_type = await numbers()
        return web.Response(body=body, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/healthz", _answering(health.alive))
    app.router.add_get("/readyz", _answering(health.ready))
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        own = _listening(port)
        await web.SockSite(runner, own).start()
        yield own.getsockname()[1]
    finally:
        await runner.cleanup()


def _listening(port: int) -> socket.socket:
    """Return one socket for both kinds of address: two would choose two free ports."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise InvalidRequestError(f"Nothing can be served at port {port}: {error}") from error


def _answering(problem: Callable[[], str | None]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        found = problem()
        return web.Response(text=f"{found or 'ok'}\n", status=503 if found else 200)

    return answer
