"""What unit tests of the SDK share: a host that remembers, and a way to run one attempt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairlead.runner.execute import execute
from fairlead.sdk.attempt import AttemptOrder, AttemptOutcome
from fairlead.sdk.backend import Progress
from fairlead.sdk.bound import taken_apart
from fairlead.sdk.cache import InMemoryCache, JobCache


class RememberingHost:
    """A host that keeps what a task says, and lends it a real cache and folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.reports: list[tuple[str | None, tuple[Progress, ...], str | None]] = []
        self.stopping = False
        self.committed = InMemoryCache()

    def should_stop(self) -> bool:
        return self.stopping

    def log(self, level: str, message: str, fields: dict[str, Any]) -> None:
        self.lines.append((level, message, fields))

    def report(
        self, display: str | None, progress: tuple[Progress, ...], status_text: str | None
    ) -> None:
        self.reports.append((display, progress, status_text))

    def cache(self) -> JobCache:
        return self.committed

    def files_folder(self) -> str:
        return str(self.folder)


@pytest.fixture
def host(tmp_path: Path) -> RememberingHost:
    return RememberingHost(tmp_path)


@pytest.fixture
def attempt(host: RememberingHost) -> Callable[..., AttemptOutcome]:
    """Return a function that encodes a task and runs one attempt of it."""

    def run(task: Any, **order: Any) -> AttemptOutcome:
        definition, values = taken_apart(task)
        data, placeholders = definition.codec.encode(values)
        assert not placeholders
        identity = definition.identifier, definition.version, definition.source
        return execute(definition, AttemptOrder("job", "task", 1, *identity, data, **order), host)

    return run
