"""Stops that are written while the runner writes too."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from tests.unit.operator.jobs.world import task, world

from fairlead_operator.driving.applying import Applier
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.errors import ConflictError


class Server:
    """An API server on which a Task is newer than the operator knows."""

    def __init__(self, fresh: dict[str, Any]) -> None:
        self.fresh = fresh
        self.written: list[Any] = []

    async def get(self, *_: Any) -> dict[str, Any]:
        return self.fresh

    async def patch_status(self, *arguments: Any, resource_version: str) -> dict[str, Any]:
        if resource_version != self.fresh["metadata"]["resourceVersion"]:
            raise ConflictError(409)
        self.written.append(arguments[-1])
        return self.fresh


def _stop(**changes: Any) -> list[Any]:
    seen = world(task("a"))
    raw = seen.raw("a")
    name = raw["metadata"]["name"]
    before = TaskRecord.parse(raw, None)
    version = str(before.resource_version + 1)
    fresh = {
        **raw,
        "metadata": {**raw["metadata"], "resourceVersion": version},
        "status": {**raw["status"], "state": "Running", **changes},
    }
    records = {name: before}
    board = SimpleNamespace(records=records, bases={}, job=SimpleNamespace(namespace="here"))

    def task_read(raw: dict[str, Any]) -> TaskRecord:
        records[name] = TaskRecord.parse(raw, None)
        return records[name]

    server: Any = Server(fresh)
    none: Any = None
    home: Any = SimpleNamespace(task_read=task_read)
    applier = Applier(server, none, none, home, none, none, none, none)
    model: Any = SimpleNamespace(board=board)
    applier.model = model
    asyncio.run(applier._write_task(name, {"stop": "Cancel"}, free=True))
    written: list[Any] = server.written
    return written


def test_a_stop_is_written_though_the_runner_has_begun_meanwhile() -> None:
    assert _stop() == [{"stop": "Cancel"}]


def test_a_stop_is_not_written_for_another_attempt() -> None:
    assert _stop(attempt=2) == []
    assert _stop(podName="another") == []
