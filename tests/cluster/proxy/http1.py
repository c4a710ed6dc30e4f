"""As much of HTTP/1.1 as lies between a Kubernetes client and its API server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

LIMIT = 64 * 1024 * 1024
"""Largest body taken whole, in bytes."""


@dataclass
class Head:
    """First line and headers of a request or a response."""

    first: str
    headers: list[tuple[str, str]] = field(default_factory=list)

    def get(self, name: str) -> str:
        """A header's value; empty if there is none."""
        lower = name.lower()
        return next((value for key, value in self.headers if key.lower() == lower), "")

    def without(self, *names: str) -> "Head":
        """The same without some headers; a name ending in ``-`` stands for all it begins."""
        lower = tuple(name.lower() for name in names)
        prefixes = tuple(name for name in lower if name.endswith("-"))
        kept = [
            (key, value)
            for key, value in self.headers
            if key.lower() not in lower and not (prefixes and key.lower().startswith(prefixes))
        ]
        return Head(self.first, kept)

    def adding(self, *headers: tuple[str, str]) -> "Head":
        """The same with more headers."""
        return Head(self.first, [*self.headers, *headers])

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.first.split(" ", 2)[1])

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks."""
        return "chunked" in self.get("Transfer-Encoding").lower()

    @property
    def upgrades(self) -> bool:
        """Whether the connection is to become something else than HTTP."""
        return "upgrade" in self.get("Connection").lower()

    def encode(self) -> bytes:
        """What goes over the wire."""
        lines = [self.first, *(f"{key}: {value}" for key, value in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """Read a head; none if the other side has ended."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = [line.split(":", 1) for line in lines]
    return Head(first, [(key.strip(), value.strip()) for key, value in headers])


async def read_chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Read a body that comes in chunks, as they come."""
    while True:
        size = int((await reader.readline()).split(b";")[0] or b"0", 16)
        data = await reader.readexactly(size)
        await reader.readline()
        if size == 0:
            return
        yield data


async def read_body(reader: asyncio.StreamReader, head: Head, *, until_end: bool = False) -> bytes:
    """Read a whole body.

    Parameters
    ----------
    until_end
        Whether a body of unknown length lasts as long as the connection, as a response's.
    """
    if head.chunked:
        return b"".join([chunk async for chunk in read_chunks(reader)])
    length = head.get("Content-Length")
    if length:
        if int(length) > LIMIT:
            raise ValueError(f"a body of {length} bytes is too large for this proxy")
        return await reader.readexactly(int(length))
    return await reader.read(LIMIT) if until_end else b""


def chunk(data: bytes) -> bytes:
    """One chunk as it goes over the wire; of no data, the one that ends the body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
