"""What a worker does about what goes wrong again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_operator.driving import worker as module
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.worker import Context, Worker, pause_after
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.kube.errors import QuotaError

JOB: dict[str, Any] = {
    "metadata": {
        "name": "job",
        "namespace": "here",
        "uid": "job-uid",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    },
    "spec": {"tasks": [{"name": "a", "identifier": "acme/Do", "version": "v1.0"}]},
}


class Refusing:
    """An API server that shows a job and lets none of its Tasks be made."""

    async def get(self, *_: Any) -> dict[str, Any]:
        return JOB

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        yield SimpleNamespace(items=[], resource_version="7")

    async def create(self, *_: Any) -> dict[str, Any]:
        raise QuotaError(403, "Forbidden", "exceeded quota: count/tasks.fairlead.dev")


class EnoughError(BaseException):
    """Ends what would go on for ever."""


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = [pause_after(problems) for problems in range(10)]
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert pause_after(100_000) == 30.0


def test_listing_a_job_is_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[EmitEvent] = []
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise EnoughError

    metrics: Any = SimpleNamespace(job_moved=lambda *_: None, task_moved=lambda *_: None)
    events: Any = SimpleNamespace(emit=lambda job, order, now: told.append(order))
    shared: Any = SimpleNamespace(releases=None)
    client: Any = Refusing()
    seen = Seen("here", "job", "job-uid", metrics)
    seen.see_job(JobRecord.parse(JOB))
    driven = Worker(Context(client, shared, events, metrics, lambda: 1.8e9), seen)
    found: Any = SimpleNamespace(create=[_task()], copy=[], total=1)
    monkeypatch.setattr("fairlead_operator.driving.opener.plan", lambda *_: found)
    monkeypatch.setattr(module, "asyncio", _with_sleep(sleep))
    with pytest.raises(EnoughError):
        asyncio.run(driven.run())
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert [order.reason for order in told] == ["TasksRefused", "OperatorHindered"]
    assert "raise the quota" in told[1].note


def _task() -> dict[str, Any]:
    return {"metadata": {"name": "job-a"}}


def _with_sleep(sleep: Any) -> Any:
    names = ("Event", "Semaphore", "CancelledError", "timeout")
    return SimpleNamespace(sleep=sleep, **{name: getattr(asyncio, name) for name in names})
