"""Loading a release: how long is waited for it, and what is told when that was in vain."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import ProgramError
from fairlead.runner.pod.ground import OwnGround
from fairlead.runner.pod.loading import LEAST, Loading
from fairlead.runner.pod.settings import PodSettings, from_environment

HANGING = """
import socket

here, there = socket.socketpair()

def ask():
    return here.recv(1)

settings = ask()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PodSettings]:
    """A pod whose release waits for ever at import; its processes are ended after the test."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("flow.py", HANGING)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "00").write_bytes(packed.getvalue())
    task = {"identifier": "A", "version": "v1.0", "entryPoint": "flow:A", "scope": "Release"}
    release = {
        "name": "r",
        "sha256": sha256(packed.getvalue()).hexdigest(),
        "size": len(packed.getvalue()),
        "package": True,
        "tasks": [task],
    }
    variables = {
        "POD_NAME": "pod",
        "POD_UID": "uid",
        "NAMESPACE": "team",
        "RUNNER": json.dumps({"release": release, "loadSeconds": 90}),
        "API_SERVER": "https://127.0.0.1:1",
        "PACKAGE_FOLDER": str(tmp_path / "package"),
        "WORK_FOLDER": str(tmp_path / "work"),
        "TMP_FOLDER": str(tmp_path / "tmp"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"FAIRLEAD_{name}", value)
    monkeypatch.delenv("FAIRLEAD_STORE", raising=False)
    yield from_environment()
    for pid in importing(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def importing(folder: Path) -> list[int]:
    """The processes that import a release."""
    found = (folder / "work").glob("importing-*")
    return [int(path.name.partition("-")[2]) for path in found if not path.suffix]


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)
    return found


def failure_of(loading: Loading) -> str:
    try:
        loading.stage()
    except ProgramError as error:
        return str(error)
    return ""


def test_a_module_that_hangs_is_found_at_its_line(settings: PodSettings, tmp_path: Path) -> None:
    told: list[str] = []
    loading = Loading(settings, OwnGround(settings), lambda: told.append("loaded"))
    loading.begin()
    (pid,) = wait_for(lambda: importing(tmp_path))
    where = wait_for(lambda: _stack_with(loading, "flow.py"))
    assert "release r was not loaded after" in where
    assert "its import was still at flow.py:7 (ask)" in where
    assert "do that inside the task" in where
    assert "startTimeoutSeconds" in where
    assert loading.stage() is None
    assert told == []
    os.kill(pid, signal.SIGKILL)
    assert "while it was imported" in wait_for(lambda: failure_of(loading))
    wait_for(lambda: told == ["loaded"])


def _stack_with(loading: Loading, file: str) -> str:
    """The error of a loading, once its process has come to a file."""
    error, stack = loading.too_slow()
    return str(error) if f"/{file}" in stack else ""


def test_what_was_not_even_fetched_is_told_so(settings: PodSettings) -> None:
    error, stack = Loading(settings, OwnGround(settings), lambda: None).too_slow()
    assert "its archive was still being fetched" in str(error)
    assert stack == ""


def test_the_pods_limit_counts_from_the_beginning_of_the_loading(settings: PodSettings) -> None:
    loading = Loading(settings, OwnGround(settings), lambda: None)
    began = time.monotonic()
    assert loading.limit(began + 1000, None) <= began + 90
    assert loading.limit(began + 1000, 5.0) <= began + 90


def test_a_tasks_own_limit_shortens_it_but_leaves_time_to_load(settings: PodSettings) -> None:
    loading = Loading(settings, OwnGround(settings), lambda: None)
    now = time.monotonic()
    assert loading.limit(now, 70.0) == now + 70
    assert loading.limit(now, 0.5) == now + LEAST
    assert loading.limit(now, 3600.0) <= now + 90
