"""A reply that is to be held can be released before the server has given it."""

import asyncio
import shutil
import ssl
from pathlib import Path

import pytest
from tests.cluster.native import pki
from tests.cluster.native.layout import Layout
from tests.cluster.proxy.http1 import read_body, read_head
from tests.cluster.proxy.rules import Rule
from tests.cluster.proxy.server import Proxy
from tests.cluster.shell import ClusterError


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The keys and certificates of a cluster."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    monkeypatch.setenv("FAIRLEAD_CLUSTER_STATE", str(tmp_path))
    layout = Layout("keys", 0, nodes_wanted=0)
    try:
        pki.make(layout)
    except ClusterError as problem:
        pytest.skip(f"openssl is not of version 3: {problem}")
    return layout.pki


class Server:
    """A server that answers a request when it is allowed to."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def serve(self, keys: Path) -> tuple[str, int]:
        """Listen; where."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(keys / "apiserver.crt", keys / "apiserver.key")
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=tls)
        return address_of(server)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        self.asked.set()
        await self.may_answer.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
        await writer.drain()
        writer.close()


def address_of(server: asyncio.Server) -> tuple[str, int]:
    """Where a server listens."""
    host, port = server.sockets[0].getsockname()[:2]
    return str(host), int(port)


async def get(keys: Path, address: tuple[str, int]) -> bytes:
    """What comes back of a request; nothing if the connection is closed instead."""
    trusted = ssl.create_default_context(cafile=str(keys / "ca.crt"))
    reader, writer = await asyncio.open_connection(*address, ssl=trusted)
    writer.write(b"GET /api/v1/pods HTTP/1.1\r\nHost: any\r\n\r\n")
    head = await read_head(reader)
    body = await read_body(reader, head) if head else b""
    writer.close()
    return body


@pytest.mark.parametrize(("drop", "expected"), [(False, b"done"), (True, b"")])
def test_a_reply_released_ahead_of_time_is_not_held(
    keys: Path, drop: bool, expected: bytes
) -> None:
    async def exchange() -> bytes:
        server = Server()
        proxy = Proxy(await server.serve(keys), keys)
        address = address_of(await proxy.serve("127.0.0.1", 0))
        number = proxy.add(Rule("hold-reply", times=1))
        answer = asyncio.create_task(get(keys, address))
        await server.asked.wait()
        proxy.release(number, drop=drop)
        server.may_answer.set()
        return await asyncio.wait_for(answer, 60)

    try:
        said = asyncio.run(exchange())
    except ConnectionError:
        said = b""

    assert said == expected
