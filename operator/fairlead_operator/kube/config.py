"""Where the API server is, and as whom to speak to it.

In a pod: the service account's folder, whose token the kubelet renews, so that it is read
again now and then. Elsewhere: a kubeconfig with a client certificate or a token.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.errors import InvalidRequestError

ACCOUNT_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")

TOKEN_SECONDS = 60.0
"""How long a token that was read from a file is used before the file is read again."""


class Token:
    """A bearer token that is read from a file again and again.

    Parameters
    ----------
    read
        Gives the token of this moment.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._text = ""
        self._until = 0.0

    def text(self) -> str:
        """Return the token; it was read at most :data:`TOKEN_SECONDS` ago."""
        now = time.monotonic()
        if now >= self._until:
            self._text = self._read()
            self._until = now + TOKEN_SECONDS
        return self._text

    def forget(self) -> None:
        """Read anew the next time: the server refused this one."""
        self._until = 0.0


@dataclass(frozen=True)
class ClusterConfig:
    """How to reach one API server.

    Attributes
    ----------
    server
        Its URL, without a slash at the end.
    tls
        Whom to trust, and the client's certificate; None for plain HTTP.
    namespace
        The namespace that is meant where none is named.
    token
        The bearer token, if there is one.
    server_name
        The name to ask the server's certificate for, where it is not the URL's.
    trust_anew
        Reads anew whom to trust, where that is in a file, which somebody may have renewed.
    """

    server: str
    tls: ssl.SSLContext | None = None
    namespace: str = "default"
    token: Token | None = field(default=None, compare=False)
    server_name: str | None = None
    trust_anew: Callable[[], None] = field(default=lambda: None, compare=False)


def load(kubeconfig: str | None = None, context: str | None = None) -> ClusterConfig:
    """Return how to reach the cluster.

    Parameters
    ----------
    kubeconfig
        A kubeconfig's path. Without one: the pod's service account if this is a pod, else
        what ``KUBECONFIG`` names, else ``~/.kube/config``.
    context
        Which of its contexts; the current one, if none is named.

    Raises
    ------
    InvalidRequestError
        If there is no usable one; the message says why.
    """
    if kubeconfig:
        return from_kubeconfig(Path(kubeconfig), context)
    if os.environ.get("KUBERNETES_SERVICE_HOST") and (ACCOUNT_FOLDER / "token").exists():
        return in_cluster()
    found = os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())
    return from_kubeconfig(Path(found), context)


def in_cluster(folder: Path = ACCOUNT_FOLDER) -> ClusterConfig:
    """Return how a pod reaches its own API server, as its service account."""
    host = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    if ":" in host:
        host = f"[{host}]"
    try:
        tls = _trusting(cafile=str(folder / "ca.crt"))
        namespace = (folder / "namespace").read_text().strip()
    except (OSError, ssl.SSLError) as problem:
        raise InvalidRequestError(
            f"This pod's service account cannot be read from {folder}: {problem}. "
            "Let the pod have one (automountServiceAccountToken)."
        ) from problem
    token = Token(lambda: (folder / "token").read_text().strip())
    return ClusterConfig(
        f"https://{host}:{port}",
        tls,
        namespace,
        token,
        trust_anew=lambda: _trust(tls, folder / "ca.crt"),
    )


def from_kubeconfig(path: Path, context: str | None = None) -> ClusterConfig:
    """Return what one context of a kubeconfig says."""
    document = _read(path)
    name = context or str(document.get("current-context") or "")
    chosen = _named(document, "contexts", name, path).get("context") or {}
    cluster = _named(document, "clusters", chosen.get("cluster"), path).get("cluster") or {}
    user = _named(document, "users", chosen.get("user"), path).get("user") or {}
    if "exec" in user or "auth-provider" in user:
        raise InvalidRequestError(
            f"{path}: the user of context {name!r} gets its credentials from another program, "
            "which is not supported here. Give it a token or a client certificate."
        )
    if cluster.get("proxy-url"):
        raise InvalidRequestError(
            f"{path}: the cluster of context {name!r} is behind a proxy: not supported."
        )
    server = str(cluster.get("server") or "").rstrip("/")
    file = cluster.get("certificate-authority")
    within = cluster.get("certificate-authority-data")
    authority = path.parent / file if file and not within else None
    try:
        tls = _tls(cluster, user, path.parent) if server.startswith("https:") else None
    except (OSError, ValueError) as problem:
        raise InvalidRequestError(f"{path}: context {name!r} is unusable: {problem}") from problem
    return ClusterConfig(
        server,
        tls,
        str(chosen.get("namespace") or "default"),
        _token(user, path.parent),
        cluster.get("tls-server-name"),
        lambda: _trust(tls, authority),
    )


def _read(path: Path) -> Mapping[str, Any]:
    # A pod never gets here, so it does not pay for YAML.
    import yaml

    try:
        document = yaml.safe_load(path.read_text())
    except OSError as problem:
        raise InvalidRequestError(
            f"There is no cluster to talk to: {path} cannot be read ({problem.strerror}). "
            "Set KUBECONFIG, or run in a pod."
        ) from problem
    except yaml.YAMLError as problem:
        raise InvalidRequestError(f"{path} is no YAML: {problem}") from problem
    if not isinstance(document, dict):
        raise InvalidRequestError(f"{path} is no kubeconfig.")
    return document


def _named(document: Mapping[str, Any], part: str, name: Any, path: Path) -> Mapping[str, Any]:
    for entry in document.get(part) or []:
        if entry.get("name") == name:
            return dict(entry)
    raise InvalidRequestError(f"{path} has no entry {name!r} in its {part}.")


def _token(user: Mapping[str, Any], folder: Path) -> Token | None:
    if file := user.get("tokenFile"):
        return Token(lambda: (folder / file).read_text().strip())
    if text := user.get("token"):
        return Token(lambda: str(text))
    return None


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    if data := cluster.get("certificate-authority-data"):
        # Python would take an empty text for none, and trust everybody whom the system trusts.
        tls = _trusting(cadata=base64.b64decode(data).decode() or "no certificate")
    elif file := cluster.get("certificate-authority"):
        tls = _trusting(cafile=str(folder / file))
    else:
        tls = _trusting()
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    if "client-certificate-data" in user:
        _load_inline(tls, user)
    elif "client-certificate" in user:
        tls.load_cert_chain(folder / user["client-certificate"], folder / user["client-key"])
    return tls


def _trusting(*, cafile: str | None = None, cadata: str | None = None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=cafile, cadata=cadata)


def _trust(tls: ssl.SSLContext | None, file: Path | None) -> None:
    """Trust those in a file, beside those who are trusted already."""
    if tls is None or file is None:
        return
    # Half a file, or none: there is a next time.
    with suppress(OSError, ssl.SSLError):
        tls.load_verify_locations(cafile=str(file))


def _load_inline(tls: ssl.SSLContext, user: Mapping[str, Any]) -> None:
    """Python loads certificates from files only; these exist for that moment."""
    parts = ("client-certificate-data", "client-key-data")
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = (Path(folder, part) for part in parts)
        for path in (certificate, key):
            path.touch(mode=0o600)
            path.write_bytes(base64.b64decode(user[path.name]))
        tls.load_cert_chain(certificate, key)
