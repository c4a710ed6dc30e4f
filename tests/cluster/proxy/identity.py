"""TLS on both sides, and the client's identity carried from one to the other.

A certificate cannot be passed on. The proxy checks it, as the API server would, and vouches
for the name in it the way aggregating proxies do: by headers the API server believes from
holders of the front proxy's certificate. Tokens are passed on as they are.
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.proxy.http1 import Head


@dataclass(frozen=True)
class Client:
    """Who a connection belongs to, by its certificate; an empty name if it has none."""

    name: str = ""
    groups: tuple[str, ...] = ()


def listening(pki: Path) -> ssl.SSLContext:
    """TLS towards clients: the API server's own certificate, HTTP/1.1 only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
    context.load_verify_locations(pki / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context


def connecting(pki: Path, *, vouching: bool) -> ssl.SSLContext:
    """TLS towards the API server, with the front proxy's certificate when vouching."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.set_alpn_protocols(["http/1.1"])
    if vouching:
        context.load_cert_chain(pki / "front-proxy.crt", pki / "front-proxy.key")
    return context


def of(writer: asyncio.StreamWriter) -> Client:
    """The client at the other end of a connection."""
    certificate = writer.get_extra_info("peercert") or {}
    names = [pair for entry in certificate.get("subject", ()) for pair in entry]
    users = [value for key, value in names if key == "commonName"]
    groups = tuple(value for key, value in names if key == "organizationName")
    return Client(users[0], groups) if users else Client()


def vouch(head: Head, client: Client) -> Head:
    """The request's head as the API server is to see it.

    What a client claims in the front proxy's headers is never passed on.
    """
    clean = head.without("X-Remote-User", "X-Remote-Group", "X-Remote-Extra-")
    if not client.name:
        return clean
    groups = [("X-Remote-Group", group) for group in (*client.groups, "system:authenticated")]
    return clean.without("Authorization").adding(("X-Remote-User", client.name), *groups)
