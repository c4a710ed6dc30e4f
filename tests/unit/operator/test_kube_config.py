"""Kubeconfigs and service accounts: how the way to a cluster is read."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import InvalidRequestError
from fairlead_operator.kube import config
from fairlead_operator.kube.config import ClusterConfig, Token, from_kubeconfig, in_cluster, load


def make_keys(folder: Path) -> Path:
    """A certificate that signs itself, and its key."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-subj", "/CN=test", "-days", "3650"),
            *("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def other_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("other-keys"))


def kubeconfig(folder: Path, user: dict[str, Any], **cluster: Any) -> Path:
    path = folder / "config"
    cluster = {"server": "https://cluster.example:6443/", **cluster}
    document = {
        "current-context": "one",
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "here"}},
            {"name": "two", "context": {"cluster": "c", "user": "u"}},
        ],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(json.dumps(document))
    return path


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def test_a_token(tmp_path: Path) -> None:
    found = from_kubeconfig(kubeconfig(tmp_path, {"token": "secret"}))
    assert (found.server, found.namespace) == ("https://cluster.example:6443", "here")
    assert found.token is not None
    assert found.token.text() == "secret"
    assert "secret" not in repr(found)


def test_another_context(tmp_path: Path) -> None:
    assert from_kubeconfig(kubeconfig(tmp_path, {}), "two").namespace == "default"


def test_certificates_in_files_beside_the_kubeconfig(tmp_path: Path, keys: Path) -> None:
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).write_bytes((keys / name).read_bytes())
    user = {"client-certificate": "tls.crt", "client-key": "tls.key"}
    found = from_kubeconfig(
        kubeconfig(tmp_path, user, **{"certificate-authority": "tls.crt"}), "one"
    )
    assert found.tls is not None
    assert found.tls.verify_mode is ssl.CERT_REQUIRED
    assert len(found.tls.get_ca_certs()) == 1


def test_an_authority_in_a_file_that_is_renewed_is_trusted_when_told(
    tmp_path: Path, keys: Path, other_keys: Path
) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_bytes((other_keys / "tls.crt").read_bytes())
    file = {"certificate-authority": "ca.crt"}
    found = from_kubeconfig(kubeconfig(tmp_path, {}, **file))
    within = {**file, "certificate-authority-data": encoded(other_keys / "tls.crt")}
    fixed = from_kubeconfig(kubeconfig(tmp_path, {}, **within))
    for content in (b"half a certificate", (keys / "tls.crt").read_bytes()):
        authority.write_bytes(content)
        found.trust_anew()
        fixed.trust_anew()
    assert found.tls is not None
    assert len(found.tls.get_ca_certs()) == 2
    assert fixed.tls is not None
    assert len(fixed.tls.get_ca_certs()) == 1


def test_certificates_within_the_kubeconfig(tmp_path: Path, keys: Path) -> None:
    certificate, key = encoded(keys / "tls.crt"), encoded(keys / "tls.key")
    user = {"client-certificate-data": certificate, "client-key-data": key}
    found = from_kubeconfig(
        kubeconfig(tmp_path, user, **{"certificate-authority-data": certificate})
    )
    assert found.tls is not None
    assert len(found.tls.get_ca_certs()) == 1


def test_an_unchecked_server(tmp_path: Path) -> None:
    found = from_kubeconfig(kubeconfig(tmp_path, {}, **{"insecure-skip-tls-verify": True}))
    assert found.tls is not None
    assert found.tls.verify_mode is ssl.CERT_NONE


def test_plain_http(tmp_path: Path) -> None:
    assert from_kubeconfig(kubeconfig(tmp_path, {}, server="http://localhost:8001")).tls is None


@pytest.mark.parametrize(
    ("user", "cluster", "told"),
    [
        ({"exec": {"command": "aws"}}, {}, "another program"),
        ({"client-certificate": "gone.crt", "client-key": "gone.key"}, {}, "unusable"),
        ({}, {"certificate-authority-data": "@@@"}, "unusable"),
        ({}, {"proxy-url": "http://proxy.example"}, "behind a proxy"),
    ],
)
def test_what_cannot_be_used_is_said(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidRequestError, match=told) as caught:
        from_kubeconfig(kubeconfig(tmp_path, user, **cluster))
    assert "\n" not in str(caught.value)


def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestError, match="no entry 'three' in its contexts"):
        from_kubeconfig(kubeconfig(tmp_path, {}), "three")
    (tmp_path / "list").write_text("- 1")
    (tmp_path / "text").write_text("{")
    for name, told in (("none", "Set KUBECONFIG"), ("list", "no kubeconfig"), ("text", "no YAML")):
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / name))
        monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
        with pytest.raises(InvalidRequestError, match=told):
            load()


def account(folder: Path, keys: Path) -> Path:
    (folder / "ca.crt").write_bytes((keys / "tls.crt").read_bytes())
    (folder / "namespace").write_text("there\n")
    (folder / "token").write_text("first\n")
    return folder


@pytest.mark.parametrize(
    ("host", "server"), [("api.svc", "https://api.svc:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_a_pod_knows_its_server(
    tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, host: str, server: str
) -> None:
    monkeypatch.setattr(config, "ACCOUNT_FOLDER", account(tmp_path, keys))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    found = in_cluster(tmp_path)
    assert (found.server, found.namespace) == (server, "there")
    assert found.token is not None
    assert found.token.text() == "first"


def test_a_pod_without_an_account_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "api.svc")
    with pytest.raises(InvalidRequestError, match="automountServiceAccountToken"):
        in_cluster(tmp_path)


def test_a_token_is_read_again_after_a_while_or_when_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(config.time, "monotonic", lambda: now[0])
    texts = iter(["first", "second", "third"])
    token = Token(lambda: next(texts))
    assert [token.text(), token.text()] == ["first", "first"]
    now[0] += config.TOKEN_SECONDS
    assert token.text() == "second"
    token.forget()
    assert token.text() == "third"


def test_ways_to_a_cluster_are_compared_without_their_secrets() -> None:
    one, other = ClusterConfig("https://a", token=Token(str)), ClusterConfig("https://a")
    assert one == other
