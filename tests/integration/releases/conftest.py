"""Programs in a folder, and the command line as a user of a cluster calls it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster.namespaces import Namespace
from tests.integration.api.conftest import admin, cluster, site
from tests.integration.command_line import Shell

from fairlead.backends.kubernetes import kubeconfig
from fairlead.backends.kubernetes.rest import RestClient

__all__ = ["admin", "cluster", "site"]

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
