"""One open watch on its way through the proxy."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

from tests.cluster.proxy import rules
from tests.cluster.proxy.http1 import chunk, read_chunks
from tests.cluster.proxy.requests import Asked

if TYPE_CHECKING:
    from tests.cluster.proxy.server import Proxy

Line = tuple[float, bytes]


class Events:
    """Takes the events of one watch, asks the rules about each, and delivers them in order.

    Taking and delivering are two tasks: a delayed event must not keep the server waiting,
    which would make it give the watch up.
    """

    def __init__(
        self,
        proxy: Proxy,
        asked: Asked,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._asked = asked
        self._reader = reader
        self._writer = writer
        self._lines: asyncio.Queue[Line | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    def matches(self, path: str) -> bool:
        """Whether the watch's address matches a regular expression."""
        return re.search(path, self._asked.path) is not None

    def cut(self) -> None:
        """Break the connection to the client."""
        self._writer.transport.abort()
        for task in self._tasks:
            task.cancel()

    async def run(self) -> None:
        """Pass events on until one side ends, or a rule ends the watch."""
        take, deliver = asyncio.create_task(self._take()), asyncio.create_task(self._deliver())
        self._tasks = [take, deliver]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            if take.done():
                await asyncio.gather(take, deliver)
            # Else the watch has been ended here, whatever the server goes on to say.
            await deliver
        except asyncio.CancelledError:
            # Cut on purpose; the client's connection is closed already.
            return
        finally:
            for task in self._tasks:
                task.cancel()

    async def _take(self) -> None:
        rest = b""
        try:
            async for data in read_chunks(self._reader):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._lines.put_nowait((time.monotonic(), line + b"\n"))
        finally:
            self._lines.put_nowait(None)

    async def _deliver(self) -> None:
        while (entry := await self._lines.get()) is not None:
            if not await self._one(*entry):
                break
        self._writer.write(chunk(b""))
        await self._writer.drain()

    async def _one(self, came: float, line: bytes) -> bool:
        """Deliver one event as the rules say; whether the watch goes on."""
        rule = rules.choose_for_event(
            self._proxy.rules, self._asked, json.loads(line), line.decode()
        )
        action = rule.action if rule is not None else ""
        if rule is not None and action == "event-fail":
            await self._send(error_event(rule.status))
            return False
        if rule is not None and action == "event-delay":
            await asyncio.sleep(max(0.0, came + rule.seconds - time.monotonic()))
        dropped = action == "event-drop"
        if rule is not None and action == "event-hold":
            dropped = await asyncio.shield(self._proxy.hold(rule))
        if not dropped:
            await self._send(line)
        if action == "event-duplicate":
            await self._send(line)
        return True

    async def _send(self, line: bytes) -> None:
        self._writer.write(chunk(line))
        await self._writer.drain()


def error_event(code: int) -> bytes:
    """The event by which an API server ends a watch it cannot serve."""
    reason = "Expired" if code == 410 else "InternalError"
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "ended by the fault proxy",
        "reason": reason,
        "code": code,
    }
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
