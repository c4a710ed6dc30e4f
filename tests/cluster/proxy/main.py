"""The proxy as a process: listens for clients, and on a socket of its own for orders.

An order is one line of JSON, ``{"do": ...}``, and so is its answer, ``{"ok": ...}`` or
``{"error": ...}``.
"""

import argparse
import asyncio
import json
import signal
from pathlib import Path
from typing import Any

from tests.cluster.proxy.rules import Rule
from tests.cluster.proxy.server import Proxy

LONGEST = 16 * 1024 * 1024
"""How many bytes an order may have: some bring a whole answer along."""


def obey(proxy: Proxy, order: dict[str, Any]) -> Any:
    """Carry out one order.

    Raises
    ------
    ValueError
        If it makes no sense.
    """
    match order:
        case {"do": "add", "rule": dict(rule)}:
            return proxy.add(Rule.from_json(rule))
        case {"do": "remove"}:
            return proxy.remove(order.get("number"))
        case {"do": "release", "number": int(number)}:
            return proxy.release(number, drop=bool(order.get("drop")))
        case {"do": "cut"}:
            return proxy.cut(order.get("path", ""))
        case {"do": "rules"}:
            return [rule.to_json() for rule in proxy.rules]
        case {"do": "log"}:
            return proxy.log(order.get("after", 0))
    raise ValueError(f"there is no such order: {order}")


async def take_orders(
    proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer one client of the control socket, order by order."""
    while line := await reader.readline():
        try:
            answer = {"ok": obey(proxy, json.loads(line))}
        except (ValueError, TypeError) as problem:
            answer = {"error": str(problem)}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
    writer.close()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def serve(given: argparse.Namespace) -> None:
    """Serve until told to end."""
    proxy = Proxy(given.upstream, given.pki)
    given.control.unlink(missing_ok=True)
    await asyncio.start_unix_server(
        lambda reader, writer: take_orders(proxy, reader, writer), given.control, limit=LONGEST
    )
    await proxy.serve(*given.listen)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=_address, required=True)
    parser.add_argument("--upstream", type=_address, required=True)
    parser.add_argument("--pki", type=Path, required=True)
    parser.add_argument("--control", type=Path, required=True)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
