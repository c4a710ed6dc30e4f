"""Where the cluster is and who asks: what a client of the API server needs to know."""

from __future__ import annotations

import base64
import json
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.errors import BackendUnavailableError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token, its namespace and the certificate of the API server."""


def no_headers() -> dict[str, str]:
    """Return the headers of somebody who shows a certificate, or nothing at all."""
    return {}


@dataclass(slots=True)
class Connection:
    """One API server and the credentials for it.

    Attributes
    ----------
    host, port
        Where it listens.
    tls
        How to check its certificate and which one to show; None for plain HTTP.
    namespace
        The namespace to work in.
    where
        The cluster in words, for errors.
    headers
        Returns the headers that say who asks; asked anew for every request, because
        tokens are renewed.
    renew
        Called once a token was refused; gets another one if it can.
    prefix
        What comes before every path, where the server stands behind a gateway.
    server_name
        The name that the certificate must have, where it is not the host's.
    proxy
        Host and port of a proxy to go through.
    pod_uid
        The unique id of the pod that the credentials are bound to; what it makes names it.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    namespace: str
    where: str
    headers: Callable[[], dict[str, str]] = no_headers
    renew: Callable[[], bool] = field(default=lambda: False)
    prefix: str = ""
    server_name: str | None = None
    proxy: tuple[str, int] | None = None
    pod_uid: str | None = None


def in_cluster() -> bool:
    """Return whether this process runs in a pod with a service account."""
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").exists()


def in_cluster_connection(folder: Path = SERVICE_ACCOUNT) -> Connection:
    """Return the connection of a pod, by its service account.

    Raises
    ------
    BackendUnavailableError
        If this is no pod, or one without a token.
    """
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    token = folder / "token"
    if not host or not token.exists():
        raise BackendUnavailableError(
            "this process runs in no pod that has a service account's token; set"
            " automountServiceAccountToken: true, or use a kubeconfig"
        )
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    return Connection(
        host=host,
        port=int(os.environ.get("KUBERNETES_SERVICE_PORT", "443")),
        tls=tls,
        namespace=(folder / "namespace").read_text().strip(),
        where="the cluster of this pod",
        headers=lambda: bearer(token.read_text().strip()),
        pod_uid=pod_of(token.read_text().strip()),
    )


def pod_of(token: str) -> str | None:
    """Return the unique id of the pod that a service account's token is bound to, if any is."""
    _, _, claims = token.partition(".")
    claims, _, _ = claims.partition(".")
    try:
        read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return str(read["kubernetes.io"]["pod"]["uid"])
    except (ValueError, KeyError, TypeError):
        return None


def bearer(token: str) -> dict[str, str]:
    """Return the headers of somebody who shows a token."""
    return {"Authorization": f"Bearer {token}"}
