"""Which cluster a kubeconfig names, and who asks."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from fairlead.backends.kubernetes import kubeconfig
from fairlead.backends.kubernetes.access import connect
from fairlead.errors import BackendUnavailableError, InvalidRequestError


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that writes a kubeconfig and makes it the current one."""

    def written(name: str = "config", **content: Any) -> Path:
        path = tmp_path / name
        path.write_text(json.dumps(content))
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    return written


def one(user: dict[str, Any] | None = None, **cluster: Any) -> dict[str, Any]:
    server = {"server": "http://one.example:8001", **cluster}
    return {
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
            {"name": "there", "context": {"cluster": "c"}},
        ],
        "clusters": [{"name": "c", "cluster": server}],
        "users": [{"name": "u", "user": user or {}}],
    }


def test_the_current_context(write: Any) -> None:
    write(**one())
    found = kubeconfig.connection()

    assert (found.host, found.port, found.tls) == ("one.example", 8001, None)
    assert found.namespace == "team"
    assert "here" in found.where


def test_another_context_and_namespace(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(**one())
    monkeypatch.setenv("FAIRLEAD_CONTEXT", "there")
    assert connect().namespace == "default"

    monkeypatch.setenv("FAIRLEAD_NAMESPACE", "mine")
    assert connect().namespace == "mine"


def test_of_several_files_the_first_that_says_something_counts(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write("first", **{"contexts": [{"name": "here", "context": {"cluster": "other"}}]})
    second = write("second", **one())
    other = {"clusters": [{"name": "other", "cluster": {"server": "http://two.example/base/"}}]}
    third = write("third", **other)
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'absent'}:{second}:{third}")
    found = kubeconfig.connection()

    assert (found.host, found.port, found.prefix) == ("two.example", 80, "/base")


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "abc"}, "Bearer abc"),
        ({"username": "me", "password": "x"}, "Basic " + base64.b64encode(b"me:x").decode()),
        ({}, None),
    ],
    ids=["token", "password", "nothing"],
)
def test_who_asks(write: Any, user: dict[str, Any], header: str | None) -> None:
    write(**one(user))

    assert kubeconfig.connection().headers().get("Authorization") == header


def test_a_token_in_a_file_beside_the_kubeconfig_is_read_anew(write: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    write(**one({"tokenFile": "token"}))
    headers = kubeconfig.connection().headers

    assert headers() == {"Authorization": "Bearer first"}
    (tmp_path / "token").write_text("second\n")
    assert headers() == {"Authorization": "Bearer second"}


def plugin(folder: Path, status: dict[str, Any]) -> dict[str, Any]:
    """Return the ``exec`` of a plugin that counts how often it is asked."""
    program = folder / "plugin"
    answer = json.dumps({"kind": "ExecCredential", "status": status})
    program.write_text(
        f"#!/bin/sh\necho \"$WHO $KUBERNETES_EXEC_INFO\" >> {folder}/asked\necho '{answer}'\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    version = "client.authentication.k8s.io/v1"
    env = [{"name": "WHO", "value": "me"}]
    return {"apiVersion": version, "command": "./plugin", "env": env}


class TestPlugin:
    def test_its_token_is_asked_for_once(self, write: Any, tmp_path: Path) -> None:
        write(**one({"exec": plugin(tmp_path, {"token": "from-the-cloud"})}))
        found = kubeconfig.connection()

        assert [found.headers()["Authorization"] for _ in range(3)] == ["Bearer from-the-cloud"] * 3
        [asked] = (tmp_path / "asked").read_text().splitlines()
        who, info = asked.split(" ", 1)
        assert (who, json.loads(info)["kind"]) == ("me", "ExecCredential")

    def test_again_once_it_was_refused(self, write: Any, tmp_path: Path) -> None:
        write(**one({"exec": plugin(tmp_path, {"token": "t"})}))
        found = kubeconfig.connection()
        found.headers()

        assert found.renew()
        found.headers()
        assert len((tmp_path / "asked").read_text().splitlines()) == 2

    def test_again_once_it_has_run_out(self, write: Any, tmp_path: Path) -> None:
        past = {"token": "t", "expirationTimestamp": "2020-01-01T00:00:00Z"}
        write(**one({"exec": plugin(tmp_path, past)}))
        found = kubeconfig.connection()
        found.headers()
        found.headers()

        assert len((tmp_path / "asked").read_text().splitlines()) == 2

    def test_one_that_is_not_there_is_named(self, write: Any) -> None:
        write(**one({"exec": {"command": "no-such-plugin", "installHint": "install it"}}))

        with pytest.raises(BackendUnavailableError, match=r"no-such-plugin .*install it"):
            kubeconfig.connection().headers()


def test_nothing_configured_says_what_to_set() -> None:
    with pytest.raises(BackendUnavailableError, match=r"no cluster is chosen: .*KUBECONFIG"):
        connect()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"current-context": "away"}, BackendUnavailableError, "no context 'away' .*here, there"),
        ({"clusters": []}, BackendUnavailableError, "no cluster 'c'"),
        ({"clusters": [{"name": "c", "cluster": {}}]}, InvalidRequestError, "names no server"),
    ],
)
def test_what_does_not_fit_is_named(
    write: Any, change: dict[str, Any], error: type[Exception], says: str
) -> None:
    write(**{**one(), **change})

    with pytest.raises(error, match=says):
        kubeconfig.connection()


@pytest.mark.parametrize("text", ["{", "[1]", "\ta"])
def test_a_file_that_is_no_kubeconfig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    with pytest.raises(InvalidRequestError, match="config"):
        connect()


def test_a_proxy_is_asked_unless_the_host_is_spared(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(**one())
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert kubeconfig.connection().proxy == ("proxy.example", 3128)

    monkeypatch.setenv("no_proxy", "one.example")
    assert kubeconfig.connection().proxy is None
    monkeypatch.delenv("no_proxy")
    write(**one(**{"proxy-url": "http://own.example"}))
    assert kubeconfig.connection().proxy == ("own.example", 80)
