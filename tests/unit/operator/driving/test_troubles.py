"""What a worker does about what goes wrong again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_operator.driving import worker as module
from fairlead_operator.driving.seen import Seen
from fairlead_operator.driving.worker import Context, Worker, pause_after
from fairlead_operator.jobs.actions import EmitEvent
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.kube.errors import KubeError, QuotaError

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

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.job: dict[str, Any] = deepcopy(JOB)
        self.written: list[dict[str, Any]] = []

    async def get(self, *_: Any) -> dict[str, Any]:
        return deepcopy(self.job)

    async def patch_status(
        self, _kind: Any, _namespace: str, _name: str, status: Any, *, resource_version: str
    ) -> dict[str, Any]:
        assert resource_version == self.job["metadata"]["resourceVersion"]
        self.job["metadata"]["resourceVersion"] = str(int(resource_version) + 1)
        self.job["status"] = {**self.job.get("status", {}), **status}
        self.written.append(status)
        return deepcopy(self.job)

    async def pages(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        yield SimpleNamespace(items=[], resource_version="7")

    async def create(self, *_: Any) -> dict[str, Any]:
        raise self.error


class EnoughError(BaseException):
    """Ends what would go on for ever."""


def test_pauses_grow_up_to_a_bound() -> None:
    pauses = [pause_after(problems) for problems in range(10)]
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert pause_after(100_000) == 30.0


QUOTA = QuotaError(403, "Forbidden", "exceeded quota: count/tasks.fairlead.dev")


def test_listing_a_job_is_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses, told, client = _driven(QUOTA, monkeypatch)
    assert pauses == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert [order.reason for order in told] == ["TasksRefused", "OperatorHindered"]
    assert "Raise the quota" in told[1].note
    # It is said at once, and once.
    (status,) = client.written
    (hindered,) = status["conditions"]
    assert (hindered["type"], hindered["status"]) == ("Hindered", "True")
    assert hindered["reason"] == "QuotaExceeded"
    assert "count/tasks.fairlead.dev" in hindered["message"]
    assert "Raise the quota" in hindered["message"]


def test_what_may_get_better_by_itself_is_told_on_the_job_when_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, told, client = _driven(KubeError(400, "BadRequest", "no"), monkeypatch, tries=2)
    assert (told, client.written) == ([], [])
    _, told, client = _driven(KubeError(400, "BadRequest", "no"), monkeypatch, tries=3)
    assert [order.reason for order in told] == ["OperatorHindered"]
    assert [status["conditions"][0]["reason"] for status in client.written] == ["Refused"]


def _driven(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tries: int = 6
) -> tuple[list[float], list[EmitEvent], Refusing]:
    """Drive a job whose Tasks cannot be made, until that was tried so often."""
    told: list[EmitEvent] = []
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == tries:
            raise EnoughError

    metrics: Any = SimpleNamespace(task_moved=lambda *_: None)
    events: Any = SimpleNamespace(emit=lambda job, order, now: told.append(order))
    shared: Any = SimpleNamespace(releases=None)
    client: Any = Refusing(error)
    seen = Seen("here", "job", "job-uid", metrics)
    seen.see_job(JobRecord.parse(JOB))
    driven = Worker(Context(client, shared, events, metrics, lambda: 1.8e9), seen)
    found: Any = SimpleNamespace(create=[_task()], copy=[], total=1)
    monkeypatch.setattr("fairlead_operator.driving.opener.plan", lambda *_: found)
    monkeypatch.setattr(module, "asyncio", _with_sleep(sleep))
    with pytest.raises(EnoughError):
        asyncio.run(driven.run())
    return pauses, told, client


def _task() -> dict[str, Any]:
    return {"metadata": {"name": "job-a"}}


def _with_sleep(sleep: Any) -> Any:
    names = ("Event", "Semaphore", "CancelledError", "timeout")
    return SimpleNamespace(sleep=sleep, **{name: getattr(asyncio, name) for name in names})
