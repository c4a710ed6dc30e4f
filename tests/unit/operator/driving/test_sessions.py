"""Open jobs whose programs show no sign of life any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_operator.driving.sessions import ABANDONED, Sessions
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.kube.errors import ConflictError, NotFoundError, UnavailableError

PULSE = "fairlead.dev/session-pulse"


def a_job(pulse: str | None, version: int = 1, **spec: Any) -> dict[str, Any]:
    annotations = {} if pulse is None else {PULSE: pulse}
    metadata = {
        "name": "open",
        "namespace": "here",
        "uid": "u",
        "resourceVersion": str(version),
        "annotations": annotations,
    }
    return {"metadata": metadata, "spec": {"desired": "Running", **spec}}


class Server:
    """An API server with one Job of two Tasks; ``fails`` is what the next requests end with."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.fails: list[Exception] = []
        self.reads = 0
        self.patches: list[Any] = []

    async def get(self, *_: Any) -> dict[str, Any]:
        self.reads += 1
        if self.fails:
            raise self.fails.pop(0)
        return self.job

    async def pages(self, *_: Any, labels: str, **__: Any) -> AsyncIterator[Any]:
        assert labels == "fairlead.dev/parent-attempt=u.0"
        yield SimpleNamespace(items=[{}, {}])

    async def patch(self, _kind: Any, namespace: str, name: str, body: Any) -> None:
        if self.fails:
            raise self.fails.pop(0)
        self.patches.append((namespace, name, body))


class Scene:
    """A server, what watches over its session, and the time."""

    def __init__(self, pulse: str | None = "60 0", **spec: Any) -> None:
        self.now = 1000.0
        self.server: Any = Server(a_job(pulse, **spec))
        self.told: list[Any] = []
        events: Any = SimpleNamespace(emit=lambda job, order, now: self.told.append(order))
        self.sessions = Sessions(self.server, events, lambda: self.now)
        self.observe()

    def observe(self) -> None:
        self.sessions.observe(JobRecord.parse(self.server.job))

    def later(self, seconds: float) -> None:
        """Let time go by, and have the open jobs looked at."""
        self.now += seconds
        asyncio.run(self.sessions.look())


def test_a_silent_session_is_closed_with_its_tasks_and_cancelled_once_asked_for_twice() -> None:
    scene = Scene()
    scene.later(59)
    assert scene.server.reads == 0
    scene.later(1)
    assert (scene.server.reads, scene.server.patches) == (1, [])
    scene.later(59)
    assert scene.server.patches == []
    scene.later(1)
    closing = {
        "metadata": {"resourceVersion": "1"},
        "spec": {"desired": "Cancelled", "closed": {"tasks": 2}},
    }
    assert scene.server.patches == [("here", "open", closing)]
    [event] = scene.told
    assert event.reason == ABANDONED
    assert "FAIRLEAD_SESSION_SECONDS" in event.note
    scene.later(600)
    assert len(scene.server.patches) == 1


def test_a_pulse_that_was_not_told_of_is_found_by_asking() -> None:
    scene = Scene()
    for count in range(1, 6):
        scene.server.job = a_job(f"60 {count}", version=count + 1)
        scene.later(60)
    assert scene.server.reads == 5
    assert scene.server.patches == []


def test_while_the_server_is_away_nobody_is_given_up() -> None:
    scene = Scene()
    for _ in range(5):
        scene.server.fails = [UnavailableError(0, "NoAnswer", "away")]
        scene.later(60)
    scene.later(60)
    assert scene.server.patches == []
    scene.server.job = a_job("60 1", version=2)  # the program is back as well
    scene.observe()
    scene.later(60)
    scene.later(59)
    assert scene.server.patches == []


def test_a_change_while_it_is_closed_counts_as_a_sign_of_life() -> None:
    scene = Scene()
    scene.later(60)
    scene.server.fails = []
    scene.now += 60

    async def conflict(*_: Any) -> None:
        raise ConflictError(409, "Conflict", "changed")

    patch, scene.server.patch = scene.server.patch, conflict
    asyncio.run(scene.sessions.look())
    scene.server.patch = patch
    scene.server.job = a_job("60 1", version=2)
    scene.later(60)
    assert scene.server.patches == []


@pytest.mark.parametrize(
    ("pulse", "spec"),
    [
        (None, {}),
        ("", {}),
        ("soon", {}),
        ("0 1", {}),
        ("-5 1", {}),
        ("9999999999 1", {}),
        ("60 0", {"closed": {"tasks": 2}}),
    ],
)
def test_what_is_closed_or_has_no_pulse_is_left_alone(
    pulse: str | None, spec: dict[str, Any]
) -> None:
    scene = Scene(pulse, **spec)
    scene.later(10_000)
    scene.later(10_000)
    assert (scene.server.reads, scene.server.patches) == (0, [])


def test_a_job_that_is_gone_is_forgotten() -> None:
    scene = Scene()
    scene.server.fails = [NotFoundError(404, "NotFound", "gone")]
    scene.later(60)
    scene.later(600)
    assert scene.server.reads == 1
