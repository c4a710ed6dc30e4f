"""Reading a kubeconfig as kubectl does: several files, contexts, certificates, plugins.

The official client could read it too, but importing it takes longer than a small job.
"""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from fairlead.backends.kubernetes.connection import Connection, bearer
from fairlead.backends.kubernetes.execauth import ExecToken
from fairlead.errors import BackendUnavailableError, InvalidRequestError

_SECTIONS = ("clusters", "users", "contexts")
_Entry = dict[str, Any]


def files() -> list[Path]:
    """Return the kubeconfig files that ``KUBECONFIG`` names, or the user's own."""
    named = os.environ.get("KUBECONFIG", "")
    given = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    return given or [Path("~/.kube/config").expanduser()]


def connection(context: str | None = None) -> Connection:
    """Return the connection of the current context, or of the one that is named.

    Raises
    ------
    BackendUnavailableError
        If there is no kubeconfig, or no such context in it.
    InvalidRequestError
        If it cannot be read, or is not whole.
    """
    merged = _merged([path for path in files() if path.is_file()])
    name = context or merged["current-context"]
    if not name:
        raise BackendUnavailableError(
            f"no cluster is chosen: {' and '.join(map(str, files()))}"
            f" {'has no current context' if merged['contexts'] else 'does not exist or is empty'}."
            " Set KUBECONFIG, or choose one with `kubectl config use-context`."
        )
    chosen = _named(merged, "contexts", name)
    cluster = _named(merged, "clusters", chosen.get("cluster", ""))
    user = _named(merged, "users", chosen["user"]) if chosen.get("user") else {}
    return _connection(name, chosen, cluster, user)


def _merged(paths: list[Path]) -> _Entry:
    """Return the files as one; of what comes twice, the first counts."""
    merged: _Entry = {section: {} for section in _SECTIONS} | {"current-context": ""}
    for path in paths:
        read = _read(path)
        merged["current-context"] = merged["current-context"] or read.get("current-context") or ""
        for section in _SECTIONS:
            for entry in read.get(section) or ():
                content = dict(entry.get(section[:-1]) or {}, folder=path.parent)
                merged[section].setdefault(entry.get("name"), content)
    return merged


def _read(path: Path) -> _Entry:
    try:
        import yaml
    except ImportError:
        raise BackendUnavailableError(
            "reading a kubeconfig needs a package more: pip install 'fairlead[kubernetes]'"
        ) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        read = yaml.load(path.read_text(encoding="utf-8"), Loader=loader) or {}
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"the kubeconfig {path} cannot be read: {error}") from None
    if not isinstance(read, dict):
        raise InvalidRequestError(f"{path} is no kubeconfig")
    return read


def _named(merged: _Entry, section: str, name: str) -> _Entry:
    found = merged[section].get(name)
    if found is None:
        known = ", ".join(sorted(map(str, merged[section]))) or "none"
        raise BackendUnavailableError(
            f"the kubeconfig has no {section[:-1]} {name!r} (it has: {known}); choose one with"
            " `kubectl config use-context`, or set KUBECONFIG"
        )
    entry: _Entry = found
    return entry


def _connection(name: str, context: _Entry, cluster: _Entry, user: _Entry) -> Connection:
    server = urlsplit(cluster.get("server", ""))
    if server.scheme not in ("http", "https") or not server.hostname:
        raise InvalidRequestError(f"the kubeconfig's cluster of {name} names no server: {server!r}")
    secure = server.scheme == "https"
    plugin = ExecToken(user["exec"], cluster, user["folder"]) if user.get("exec") else None
    tls = _tls(cluster, user, plugin) if secure else None
    made = Connection(
        host=server.hostname,
        port=server.port or (443 if secure else 80),
        tls=tls,
        namespace=context.get("namespace") or "default",
        where=f"the cluster {name} ({server.scheme}://{server.netloc})",
        prefix=server.path.rstrip("/"),
        server_name=cluster.get("tls-server-name"),
        proxy=_proxy(cluster.get("proxy-url"), server.scheme, server.hostname),
    )
    _identify(made, user, plugin)
    return made


def _identify(connection: Connection, user: _Entry, plugin: ExecToken | None) -> None:
    """Say who asks, by whatever the user has of it."""
    if user.get("tokenFile"):
        path = _path(user, "tokenFile")
        connection.headers = lambda: bearer(path.read_text().strip())
    elif user.get("token"):
        fixed = bearer(str(user["token"]))
        connection.headers = lambda: fixed
    elif user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        connection.headers = lambda: basic
    elif plugin is not None:
        connection.headers = plugin.headers
        connection.renew = plugin.renew
    elif user.get("auth-provider"):
        raise InvalidRequestError(
            "the kubeconfig's user has an auth-provider, which Kubernetes has given up; replace it"
            " by the exec plugin of your provider"
        )


def _tls(cluster: _Entry, user: _Entry, plugin: ExecToken | None) -> ssl.SSLContext:
    tls = ssl.create_default_context(
        cafile=str(_path(cluster, "certificate-authority"))
        if cluster.get("certificate-authority")
        else None,
        cadata=_data(cluster, "certificate-authority-data"),
    )
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    certificate = plugin.certificate() if plugin is not None else None
    if certificate is not None:
        _load(tls, *certificate)
    elif user.get("client-certificate-data") or user.get("client-certificate"):
        _load(tls, _content(user, "client-certificate"), _content(user, "client-key"))
    return tls


def _load(tls: ssl.SSLContext, certificate: str, key: str) -> None:
    """Have a certificate shown; Python takes it from files only."""
    with _private_file(certificate) as shown, _private_file(key) as secret:
        try:
            tls.load_cert_chain(shown, secret)
        except (ssl.SSLError, OSError) as error:
            raise InvalidRequestError(f"the kubeconfig's certificate is unfit: {error}") from None


@contextmanager
def _private_file(content: str) -> Iterator[str]:
    descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        yield path
    finally:
        os.unlink(path)


def _content(entry: Mapping[str, Any], name: str) -> str:
    return _data(entry, f"{name}-data") or _path(entry, name).read_text()


def _data(entry: Mapping[str, Any], name: str) -> str | None:
    encoded = entry.get(name)
    return base64.b64decode(encoded).decode() if encoded else None


def _path(entry: Mapping[str, Any], name: str) -> Path:
    """Return a path that a kubeconfig names, which is relative to the kubeconfig's folder."""
    folder: Path = entry["folder"]
    return folder / Path(str(entry.get(name, ""))).expanduser()


def _proxy(given: str | None, scheme: str, host: str) -> tuple[str, int] | None:
    url = given or ("" if proxy_bypass(host) else getproxies().get(scheme, ""))
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return (parts.hostname, parts.port or 80) if parts.hostname else None
