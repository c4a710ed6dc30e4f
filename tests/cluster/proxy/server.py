"""The proxy itself: takes requests, asks the rules, and does as they say."""

import asyncio
import json
import time
import urllib.parse
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.cluster.proxy import identity, rules
from tests.cluster.proxy.http1 import Head, chunk, read_body, read_chunks, read_head
from tests.cluster.proxy.identity import Client
from tests.cluster.proxy.requests import Asked, understand
from tests.cluster.proxy.rules import Rule
from tests.cluster.proxy.stream import Events

KEPT = 100_000
"""How many requests the proxy remembers."""


class HangUpError(Exception):
    """The connection to the client is to be closed without another word."""


@dataclass
class Entry:
    """One request in the proxy's memory.

    Attributes
    ----------
    number
        Counts up from 1.
    at
        Seconds since the epoch.
    status
        The server's answer; 0 if there was none.
    rule, action
        The rule that hit the request, and what it did; 0 and empty if none did.
    """

    number: int
    at: float
    verb: str
    resource: str
    namespace: str
    name: str
    path: str
    agent: str
    user: str
    status: int = 0
    rule: int = 0
    action: str = ""


class Proxy:
    """Forwards requests to one API server, except as the rules say.

    Attributes
    ----------
    rules
        The rules in the order in which they are asked.
    entries
        The last requests, oldest first.
    """

    def __init__(self, upstream: tuple[str, int], pki: Path) -> None:
        self.rules: list[Rule] = []
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self._upstream = upstream
        self._tls = {v: identity.connecting(pki, vouching=v) for v in (True, False)}
        self._listening = identity.listening(pki)
        self._held: dict[int, asyncio.Future[bool]] = {}
        self._streams: set[Events] = set()
        self._rule_count = self._request_count = 0

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Listen for clients."""
        limit = 16 * 1024 * 1024
        return await asyncio.start_server(
            self._client, host, port, ssl=self._listening, limit=limit
        )

    def add(self, rule: Rule) -> int:
        """Add a rule behind the others and return its number."""
        self._rule_count += 1
        rule.number = self._rule_count
        self.rules.append(rule)
        return rule.number

    def remove(self, number: int | None) -> None:
        """Remove one rule or all; what they hold goes on."""
        gone = [rule for rule in self.rules if number in (None, rule.number)]
        self.rules = [rule for rule in self.rules if rule not in gone]
        for rule in gone:
            self.release(rule.number, drop=False)

    def release(self, number: int, *, drop: bool) -> None:
        """Let go of what a rule holds: go on with it, or drop it."""
        held = self._held.pop(number, None)
        if held is not None:
            held.set_result(drop)

    def cut(self, path: str) -> int:
        """Break all open watches whose address matches; how many there were."""
        streams = [stream for stream in self._streams if stream.matches(path)]
        for stream in streams:
            stream.cut()
        return len(streams)

    def log(self, after: int) -> list[dict[str, Any]]:
        """The requests remembered with a number above ``after``."""
        return [asdict(entry) for entry in self.entries if entry.number > after]

    def hold(self, rule: Rule) -> asyncio.Future[bool]:
        """Begin to hold what a rule has hit.

        What comes back ends when the rule is released, and says whether to drop what was held.
        """
        if rule.number not in self._held:
            self._held[rule.number] = asyncio.get_running_loop().create_future()
        return self._held[rule.number]

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, reader, writer)
        try:
            while await connection.exchange():
                pass
        except (HangUpError, OSError, EOFError, ValueError):
            # Whatever breaks on the way looks to the client like a server that went away.
            writer.transport.abort()
        finally:
            connection.close()

    async def connect(self, client: Client) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to the API server on behalf of a client."""
        host, port = self._upstream
        tls = self._tls[bool(client.name)]
        return await asyncio.open_connection(host, port, ssl=tls, limit=16 * 1024 * 1024)

    def remember(self, asked: Asked, rule: Rule | None) -> Entry:
        """Write a request down."""
        self._request_count += 1
        facts = {key: value for key, value in asdict(asked).items() if key != "body"}
        entry = Entry(self._request_count, time.time(), **facts)
        if rule is not None:
            entry.rule, entry.action = rule.number, rule.action
        self.entries.append(entry)
        return entry

    async def stream(self, events: Events) -> None:
        """Pass on one watch to its end."""
        self._streams.add(events)
        try:
            await events.run()
        finally:
            self._streams.discard(events)


class _Connection:
    """One client's connection, and the one to the API server that goes with it."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._who = identity.of(writer)
        self._server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._held: asyncio.Future[bool] | None = None

    def close(self) -> None:
        """Close both connections."""
        self._writer.close()
        self._forget_server()

    async def exchange(self) -> bool:
        """Take one request and see it through; false when the connection is at its end."""
        head = await read_head(self._reader)
        if head is None:
            return False
        method, target, _ = head.first.split(" ", 2)
        body = await read_body(self._reader, head)
        asked = understand(
            method, target, agent=head.get("User-Agent"), user=self._who.name, body=body
        )
        rule = rules.choose(self._proxy.rules, asked)
        entry = self._proxy.remember(asked, rule)
        # From the hit on: a reply may be released before the server has given it.
        holds = rule is not None and rule.action in ("hold", "hold-reply")
        self._held = self._proxy.hold(rule) if rule is not None and holds else None
        if rule is not None and await self._before(rule, asked, entry):
            return True
        if rule is not None and rule.action == "rewind":
            head = Head(f"{method} {rewound(asked, rule.resource_version)} HTTP/1.1", head.headers)
        return await self._forward(self._prepared(head, body), body, asked, rule, entry)

    async def _before(self, rule: Rule, asked: Asked, entry: Entry) -> bool:
        """Do what a rule says before the server is asked; whether that answers the request."""
        if rule.action == "drop":
            raise HangUpError
        if rule.action == "delay":
            await asyncio.sleep(rule.seconds)
        if rule.action == "hold" and await self._released():
            raise HangUpError
        if rule.action == "answer":
            entry.status = 200
            await self._send_whole(*success(rule.text))
            return True
        if rule.action != "fail":
            return False
        entry.status = rule.status
        await self._send_whole(*failure(rule.status))
        return True

    def _prepared(self, head: Head, body: bytes) -> Head:
        """The head for the server: plain JSON, so that events can be read, and one length."""
        sent = identity.vouch(head, self._who).without(
            "Accept-Encoding", "Content-Length", "Transfer-Encoding", "Expect"
        )
        if "protobuf" in sent.get("Accept"):
            kept = [part for part in sent.get("Accept").split(",") if "protobuf" not in part]
            accept = ",".join(kept) or "application/json"
            sent = sent.without("Accept").adding(("Accept", accept))
        length = [("Content-Length", str(len(body)))] if body or not _bare(head) else []
        return sent.adding(*length)

    async def _forward(
        self, head: Head, body: bytes, asked: Asked, rule: Rule | None, entry: Entry
    ) -> bool:
        answer = await self._ask(head, body)
        entry.status = answer.status
        if answer.status == 101:
            await self._tunnel(answer)
            return False
        if asked.verb == "watch" and answer.status == 200:
            await self._watch(answer, asked)
            return False
        if answer.chunked and _follows(asked):
            await self._pass_on(answer)
            return False
        reader, _ = await self._connected()
        text = await read_body(reader, answer, until_end=not _bodiless(answer, head))
        if rule is not None and rule.action == "duplicate":
            again = await self._ask(head, body)
            await read_body(reader, again, until_end=True)
        if rule is not None and await self._after(rule):
            raise HangUpError
        await self._send_whole(answer, text)
        return "close" not in answer.get("Connection").lower()

    async def _after(self, rule: Rule) -> bool:
        """Do what a rule says after the server has answered; whether to keep the answer."""
        if rule.action == "hold-reply":
            return await self._released()
        return rule.action == "hide-reply"

    async def _released(self) -> bool:
        """Wait until what is held is released; whether to drop it."""
        # Others may be waiting for the same: it is not ours to cancel.
        return self._held is not None and await asyncio.shield(self._held)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._server is None or self._server[0].at_eof():
            self._forget_server()
            self._server = await self._proxy.connect(self._who)
        return self._server

    async def _ask(self, head: Head, body: bytes) -> Head:
        reader, writer = await self._connected()
        writer.write(head.encode() + body)
        await writer.drain()
        answer = await read_head(reader)
        if answer is None:
            raise HangUpError
        return answer

    async def _send_whole(self, head: Head, body: bytes) -> None:
        length = ("Content-Length", str(len(body)))
        plain = head.without("Transfer-Encoding", "Content-Length").adding(length)
        self._writer.write(plain.encode() + body)
        await self._writer.drain()

    async def _watch(self, answer: Head, asked: Asked) -> None:
        reader, _ = await self._connected()
        self._writer.write(answer.encode())
        try:
            await self._proxy.stream(Events(self._proxy, asked, reader, self._writer))
        finally:
            # The server may not be through with it.
            self._forget_server()

    async def _pass_on(self, answer: Head) -> None:
        """Pass on a body that may never end, as the log of a running container."""
        reader, _ = await self._connected()
        self._writer.write(answer.encode())
        async for data in read_chunks(reader):
            self._writer.write(chunk(data))
            await self._writer.drain()
        self._writer.write(chunk(b""))
        await self._writer.drain()

    async def _tunnel(self, answer: Head) -> None:
        """Pass on whatever both sides say, as for exec and port-forward."""
        reader, writer = await self._connected()
        self._writer.write(answer.encode())
        ways = [_copy(self._reader, writer), _copy(reader, self._writer)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _forget_server(self) -> None:
        if self._server is not None:
            self._server[1].close()
            self._server = None


def _bare(head: Head) -> bool:
    return head.first.split(" ", 1)[0] in ("GET", "HEAD", "DELETE", "OPTIONS")


def _bodiless(answer: Head, request: Head) -> bool:
    return request.first.startswith("HEAD ") or answer.status in (204, 304)


def _follows(asked: Asked) -> bool:
    return "follow=" in asked.path


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def rewound(asked: Asked, version: str) -> str:
    """The address of a list or watch as of an earlier version of the whole store."""
    parts = urllib.parse.urlsplit(asked.path)
    query = dict(urllib.parse.parse_qsl(parts.query))
    query["resourceVersion"] = version
    if asked.verb == "list":
        query["resourceVersionMatch"] = "Exact"
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(query)))


_REASONS = {409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError"}
_REASONS |= {403: "Forbidden", 404: "NotFound", 503: "ServiceUnavailable", 504: "Timeout"}


def status_object(code: int) -> dict[str, Any]:
    """The object by which an API server says that it refuses."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "refused by the fault proxy",
        "reason": _REASONS.get(code, "Unknown"),
        "code": code,
    }


def success(text: str) -> tuple[Head, bytes]:
    """A whole answer of the proxy's own."""
    return Head("HTTP/1.1 200 OK", [("Content-Type", "application/json")]), text.encode()


def failure(code: int) -> tuple[Head, bytes]:
    """A whole answer that refuses."""
    headers = [("Content-Type", "application/json")]
    if code == 429:
        headers.append(("Retry-After", "1"))
    return Head(f"HTTP/1.1 {code} Refused", headers), json.dumps(status_object(code)).encode()
