"""What a dispatcher does about Tasks and pods that come after the end of their job."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.operator.jobs.world import NAMESPACE, World, task, world

from fairlead.api import labels
from fairlead_operator.dispatcher import Dispatcher
from fairlead_operator.driving.seen import Seen
from fairlead_operator.kube.kinds import JOBS, PODS, TASKS, Kind
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.settings import RunnerSettings, Settings

NOW = 1.8e9


class Watching:
    """A dispatcher that has seen a job, and which jobs it would give a worker."""

    def __init__(self, seen: World, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(RunnerSettings(image="runner", account="runner"))
        client: Any = None
        self.dispatcher = Dispatcher(client, settings, now=lambda: NOW)
        self.started: list[Seen] = []
        self.tell(JOBS, seen.job)
        monkeypatch.setattr(self.dispatcher, "_start", self.started.append)

    def tell(self, kind: Kind, raw: dict[str, Any]) -> None:
        self.dispatcher.emit(Event(kind, "ADDED", raw))

    @property
    def late(self) -> float | None:
        (seen,) = self.dispatcher.jobs.values()
        return seen.late


def _ended() -> World:
    return world(task("a")).finish("a")


def _task(seen: World, state: str) -> dict[str, Any]:
    raw = seen.raw("a")
    return {**raw, "metadata": {**raw["metadata"], "name": "late"}, "status": {"state": state}}


@pytest.mark.parametrize(("state", "late"), [("Queued", NOW), ("Completed", None)])
def test_a_task_that_waits_though_its_job_has_ended_is_looked_at(
    state: str, late: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _ended()
    watching = Watching(seen, monkeypatch)
    watching.tell(TASKS, _task(seen, state))
    assert (watching.late, len(watching.started)) == (late, int(late is not None))


def test_it_is_looked_at_too_if_it_was_seen_before_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _ended()
    job = seen.job
    seen.job = {**job, "status": {}, "metadata": {**job["metadata"], "resourceVersion": "1"}}
    watching = Watching(seen, monkeypatch)
    watching.tell(TASKS, _task(seen, "Queued"))
    assert watching.late is None
    watching.tell(JOBS, job)
    assert watching.late == NOW


@pytest.mark.parametrize(("phase", "starts"), [("Pending", 1), ("Succeeded", 0)])
def test_a_pod_that_comes_after_the_end_of_its_job_is_looked_at(
    phase: str, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = _ended()
    watching = Watching(seen, monkeypatch)
    uid = seen.job["metadata"]["uid"]
    watching.tell(
        PODS,
        {
            "metadata": {
                "name": "late",
                "namespace": NAMESPACE,
                "uid": "pod",
                "labels": {labels.JOB_UID: uid},
            },
            "status": {"phase": phase},
        },
    )
    assert isinstance(watching.dispatcher.shared.pods[NAMESPACE, "late"], PodRecord)
    assert len(watching.started) == starts
