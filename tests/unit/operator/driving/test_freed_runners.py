"""What becomes of the runners of a machine group whose job is over."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.operator.runners.allocation import World, group_object, warm

from fairlead_operator.driving import worker as module
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.worker import Context, Worker
from fairlead_operator.jobs.jobrecord import JobRecord

JOB: dict[str, Any] = {
    "metadata": {
        "name": "job",
        "namespace": "here",
        "uid": "a",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {"tasks": [{"name": "a", "identifier": "acme/Do", "version": "v1.0"}]},
    "status": {"state": "Completed", "run": 1, "observedGeneration": 1},
}


@pytest.mark.parametrize("deleted", [False, True], ids=["ended", "deleted"])
def test_a_runner_that_a_job_leaves_behind_is_given_to_the_next(
    deleted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def remove_all(*_: Any) -> None:
        return None

    monkeypatch.setattr(module, "remove_all", remove_all)
    world = World(group_object())
    world.make("a", "p1", group="mine")
    metrics: Any = SimpleNamespace(task_moved=lambda *_: None)
    shared: Any = SimpleNamespace(
        allocator=world.allocator, pods={}, holders={}, owned_by=lambda uid: ()
    )
    nothing: Any = None
    seen = Seen("here", "job", "a", metrics)
    seen.see_job(JobRecord.parse(JOB))
    seen.deleted = deleted
    context = Context(nothing, shared, nothing, metrics, lambda: world.now)
    asyncio.run(Worker(context, seen).run())
    assert warm(world.ask("b", "p2", group="mine"), "p1")
