"""Programs in a folder, and the command line as a user of a cluster calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.fixtures import Namespace
from tests.integration.api.conftest import (
    admin,
    cluster,
    cluster_turn,
    namespace,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_makereport,
)

from fairlead.backends.kubernetes import kubeconfig
from fairlead.backends.kubernetes.rest import RestClient

__all__ = [
    "admin",
    "cluster",
    "cluster_turn",
    "namespace",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_runtest_makereport",
]

FLOW = """
from fairlead import ExecutionContext, Task


class Root(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/flow/Root", "{version}"

    def execute(self, context: ExecutionContext) -> str:
        return "{says}"
"""


def flow(version: str = "v1.0", says: str = "first") -> str:
    """Return a program with one task that any job may name."""
    return FLOW.format(version=version, says=says)


@dataclass
class Shell:
    """Calls the command line in a folder, for one namespace.

    Attributes
    ----------
    folder
        Where programs are.
    env
        The environment, which names cluster and namespace.
    """

    folder: Path
    env: dict[str, str]
    module: str = "fairlead.cli.main"

    def __call__(self, *words: str, code: int = 0) -> str:
        """Return what a command prints; it has to end with the exit code."""
        ran = subprocess.run(
            [sys.executable, "-m", self.module, *words],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == code, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout if code == 0 else ran.stderr

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--output", "json"))

    def program(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file


@pytest.fixture
def shell(namespace: Namespace, tmp_path: Path) -> Shell:
    folder = tmp_path / "programs"
    folder.mkdir()
    own = {
        "KUBECONFIG": str(namespace.cluster.kubeconfig),
        "FAIRLEAD_NAMESPACE": namespace.name,
        "FAIRLEAD_HOME": str(tmp_path / "home"),
    }
    return Shell(folder, os.environ | own)


@pytest.fixture
def rest(namespace: Namespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[RestClient]:
    monkeypatch.setenv("KUBECONFIG", str(namespace.cluster.kubeconfig))
    client = RestClient(kubeconfig.connection())
    yield client
    client.close()
