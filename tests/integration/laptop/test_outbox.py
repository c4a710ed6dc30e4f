"""Cache writes survive a cache that could not take them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead import Client, ExecutionContext, InMemoryCache, Task
from fairlead.errors import BackendError


class Write(Task):
    def execute(self, context: ExecutionContext) -> None:
        context.job_cache["answer"] = b"42"


class BrokenCache(InMemoryCache):
    """A cache whose disk is full until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = True

    def set(self, key: str, value: bytes) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")
        super().set(key, value)


def test_writes_of_an_ended_job_are_published_by_the_next_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path))
    client = Client()
    cache = BrokenCache()
    job = client.jobs().submit("write", Write())
    with pytest.raises(BackendError, match=r"cannot be written at 'answer' .*No space left"):
        client.runner(tasks=[Write], cache=cache).run_all()
    assert job.state.value == "COMPLETED"

    cache.broken = False
    client.runner(tasks=[Write], cache=cache).run_all()
    assert cache.group(job.id)["answer"] == b"42"
