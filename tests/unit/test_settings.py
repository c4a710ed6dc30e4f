"""The environment variables: defaults, spellings, and what a wrong value says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead import Client, ExecutionContext, Task
from fairlead.errors import InvalidRequestError
from fairlead.sdk import settings
from fairlead.sdk.settings import Workers


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in settings.SETTINGS:
        monkeypatch.delenv(setting.name, raising=False)


def test_home_is_an_absolute_folder_of_the_user() -> None:
    assert os.path.isabs(settings.home())
    assert os.path.basename(settings.home()) == "fairlead"


@pytest.mark.parametrize(
    ("value", "home"),
    [
        (":memory:", settings.MEMORY),
        ("memory", settings.MEMORY),
        ("~/jobs", os.path.expanduser("~/jobs")),
        ("jobs", os.path.abspath("jobs")),
        ("  /srv/jobs ", "/srv/jobs"),
    ],
)
def test_home_takes(monkeypatch: pytest.MonkeyPatch, value: str, home: str) -> None:
    monkeypatch.setenv("FAIRLEAD_HOME", value)
    assert settings.home() == home


@pytest.mark.parametrize(
    ("value", "name"),
    [("", "local"), ("local", "local"), ("remote", "kubernetes"), ("Kubernetes", "kubernetes")],
)
def test_backend_takes(monkeypatch: pytest.MonkeyPatch, value: str, name: str) -> None:
    monkeypatch.setenv("FAIRLEAD_BACKEND", value)
    assert settings.backend() == name


@pytest.mark.parametrize(
    ("value", "workers"),
    [
        ("", Workers("threads", None)),
        ("threads", Workers("threads", None)),
        ("threads:8", Workers("threads", 8)),
        ("processes", Workers("processes", None)),
        ("processes:2", Workers("processes", 2)),
    ],
)
def test_workers_take(monkeypatch: pytest.MonkeyPatch, value: str, workers: Workers) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKERS", value)
    assert settings.workers() == workers


@pytest.mark.parametrize("value", ["processes:0", "processes:", "threads:-1", "pods:3", "4"])
def test_unfit_workers_say_what_would_fit(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKERS", value)
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_WORKERS"):
        settings.workers()


def test_limits_have_defaults_and_take_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (settings.max_depth(), settings.max_tasks()) == (500, 50_000)
    monkeypatch.setenv("FAIRLEAD_MAX_DEPTH", "7")
    monkeypatch.setenv("FAIRLEAD_MAX_TASKS", "90")
    assert (settings.max_depth(), settings.max_tasks()) == (7, 90)


@pytest.mark.parametrize("value", ["0", "-3", "many", "1.5", "²"])
def test_unfit_limits_name_the_variable(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FAIRLEAD_MAX_DEPTH", value)
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_MAX_DEPTH"):
        settings.max_depth()


@pytest.mark.parametrize("name", ["WORKERS", "GRACE", "MAX_DEPTH", "MAX_TASKS"])
def test_an_unfit_value_is_refused_before_anything_is_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(f"FAIRLEAD_{name}", "many")
    with pytest.raises(InvalidRequestError, match=f"FAIRLEAD_{name} is 'many'"):
        Client().jobs().submit("none", Idle())
    assert not (tmp_path / "home").exists()


class Idle(Task):
    def execute(self, context: ExecutionContext) -> None: ...


def test_grace_is_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.grace() == 10.0
    monkeypatch.setenv("FAIRLEAD_GRACE", "0.5")
    assert settings.grace() == 0.5


@pytest.mark.parametrize("value", ["-1", "soon", "nan", "inf"])
def test_unfit_grace_names_the_variable(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FAIRLEAD_GRACE", value)
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_GRACE"):
        settings.grace()


@pytest.mark.parametrize(
    ("value", "limit"), [("", None), ("1000", 1000), ("512Mi", 512 * 2**20), ("2Gi", 2 * 2**30)]
)
def test_worker_memory_is_in_bytes(
    monkeypatch: pytest.MonkeyPatch, value: str, limit: int | None
) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKER_MEMORY", value)
    assert settings.worker_memory() == limit


@pytest.mark.parametrize("value", ["-1", "much", "0", "12MB", "Mi"])
def test_unfit_worker_memory_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("FAIRLEAD_WORKER_MEMORY", value)
    with pytest.raises(InvalidRequestError, match="FAIRLEAD_WORKER_MEMORY"):
        settings.worker_memory()


@pytest.mark.parametrize(("value", "seconds"), [(None, 60), ("", 60), ("0", 0), (" 90 ", 90)])
def test_for_how_long_a_session_may_be_silent(
    value: str | None, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("FAIRLEAD_SESSION_SECONDS", value)
    assert settings.session_seconds() == seconds


@pytest.mark.parametrize("value", ["-1", "1.5", "soon", "1000000"])
def test_a_silence_that_is_no_number_of_seconds_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_SESSION_SECONDS", value)
    with pytest.raises(InvalidRequestError, match=r"FAIRLEAD_SESSION_SECONDS.*whole number"):
        settings.check()
