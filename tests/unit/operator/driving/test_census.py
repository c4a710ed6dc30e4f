"""What there is, counted from what the operator works with."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.operator.jobs.world import World, job, task

from fairlead.core.outcomes import OutcomeKind
from fairlead_operator.driving.census import Census
from fairlead_operator.driving.lent import Shared
from fairlead_operator.driving.seen import Seen
from fairlead_operator.jobs.asking import Refused
from fairlead_operator.jobs.jobrecord import JobRecord
from fairlead_operator.jobs.model import JobModel
from fairlead_operator.jobs.tasks import TaskRecord
from fairlead_operator.kube.kinds import SIZES
from fairlead_operator.metrics import Ready
from fairlead_operator.observe.event import Event
from fairlead_operator.runners.pod_record import PodRecord
from fairlead_operator.settings import RunnerSettings


class Counted:
    """A world with a census of its one job."""

    def __init__(self, *tasks: Any, room: int = 1000, **spec: Any) -> None:
        self.world = World(job(*tasks, **spec))
        self.world.runners.room = room
        self.shared = Shared(RunnerSettings(image="runner", account="runner"), lambda uid: None)
        self.size("small")
        watcher: Any = SimpleNamespace(task_moved=lambda *_: None)
        self.seen = Seen("unit", "job", "job-uid", watcher)
        self.worker = SimpleNamespace(model=None, seen=self.seen)
        workers: Any = {"job-uid": self.worker}
        self.census = Census(self.shared, {"job-uid": self.seen}, workers, lambda: self.world.now)
        self.world.operate()

    def size(self, name: str, **spec: Any) -> None:
        self.shared.sizes.observe(Event(SIZES, "ADDED", {"metadata": {"name": name}, "spec": spec}))

    def ready(self) -> dict[str, Ready]:
        self._look()
        return dict(self.census.ready())

    def tasks(self) -> dict[tuple[str, str, str], int]:
        self._look()
        return {(state, name, size): number for state, name, size, number in self.census.tasks()}

    def _look(self) -> None:
        self.worker.model = self.world.model
        self.seen.see_job(JobRecord.parse(self.world.job))
        for raw in self.world.tasks.values():
            self.seen.see_task(TaskRecord.parse(raw))


def test_tasks_wait_for_a_runner_until_they_run() -> None:
    found = Counted(task("a"), task("b"), task("c", "b"), room=1)
    assert found.ready() == {"small": Ready(2, 0.0)}
    found.world.wait(5)
    # One has a runner that is not there yet; c waits for b.
    assert found.ready() == {"small": Ready(2, 5.0)}
    found.world.begin("a")
    assert found.ready() == {"small": Ready(1, 5.0)}
    found.world.wait(2).finish("a")
    # b has taken over the runner.
    assert found.ready() == {}
    found.world.wait(3).finish("b")
    assert found.ready() == {}


def test_the_one_that_waits_longest_is_told_whatever_came_between() -> None:
    found = Counted(task("a"), task("b", "a"), task("c"), task("d"), room=1)
    found.world.begin("a").wait(7)
    # c and d wait from the beginning; b, which stands before them, only from now on.
    found.world.runners.reuse = False
    found.world.finish("a").wait(1)
    assert found.ready() == {"small": Ready(3, 8.0)}


def test_a_retry_waits_from_the_end_of_its_pause() -> None:
    retry = {"retry": {"limit": 2, "backoffSeconds": 40, "maxBackoffSeconds": 40}}
    found = Counted(task("a", **retry), task("b"))
    found.world.begin("a", "b").wait(5)
    found.world.runners.room = 0
    found.world.runners.reuse = False
    found.world.finish("a", OutcomeKind.ERROR)
    assert found.ready() == {}
    found.world.wait(100)
    number, oldest = found.ready()["small"]
    assert number == 1
    assert 50 < oldest < 90


def test_what_wants_something_else_than_a_runner_is_not_counted() -> None:
    bounded = Counted(task("a"), task("b"), maxParallel={"acme/Do": 1})
    bounded.world.begin("a")
    assert bounded.ready() == {}
    refused = Counted(task("a"), room=0)
    assert refused.ready() == {"small": Ready(1, 0.0)}
    refused.world.runners.refusals[lambda wanted: True] = Refused("NoCompatibleRelease", "no")
    assert refused.ready() == {}
    suspended = Counted(task("a"), room=0)
    suspended.world.change_job(desired="Suspended")
    assert suspended.ready() == {}


def test_a_model_that_is_made_anew_knows_since_when() -> None:
    found = Counted(task("a"), task("b"), task("c", "a"), room=1)
    found.world.begin("a").wait(6).finish("a").begin("b").wait(4)
    found.world.runners.reuse = False
    first = found.world.model
    assert found.ready() == {"small": Ready(1, 4.0)}
    found.world.model = None
    found.world.operate()
    # Of a task that depends on others, only the model knew when they had ended.
    assert found.ready() == {"small": Ready(1, 0.0)}
    job_record = JobRecord.parse(found.world.job)
    known = first.all_ready_since()
    records = [TaskRecord.parse(raw) for raw in found.world.tasks.values()]
    found.world.model = JobModel(job_record, records, found.world.runners, found.world.now, known)
    assert found.ready() == {"small": Ready(1, 4.0)}


def test_after_a_restart_a_task_without_dependencies_waits_from_when_it_was_made() -> None:
    found = Counted(task("a"), task("b"), room=1)
    found.world.begin("a").wait(30)
    found.world.model = None
    found.world.operate()
    assert found.ready() == {"small": Ready(1, 30.0)}


@pytest.mark.parametrize(
    ("given", "of_job", "size"),
    [
        ({}, {}, "small"),
        ({"machineSize": "large"}, {}, "large"),
        ({}, {"machineSize": "large"}, "large"),
        ({"machineSize": "small"}, {"machineSize": "large"}, "small"),
        ({"machineSize": "made-up-by-somebody"}, {}, "unknown"),
        ({}, {"machineGroup": "none-such"}, "unknown"),
    ],
)
def test_a_task_that_waits_counts_under_the_size_that_it_wants(
    given: dict[str, str], of_job: dict[str, str], size: str
) -> None:
    found = Counted(task("a", **given), room=0, **of_job)
    found.size("large")
    assert found.tasks() == {("Queued", "acme/Do", size): 1}


def test_jobs_are_counted_by_state() -> None:
    found = Counted(task("a"))
    found.tasks()
    assert found.census.jobs() == {"Running": 1}


def test_runners_are_pending_busy_or_idle() -> None:
    found = Counted()
    found.size("small", maxRunners=7)
    allocator = found.shared.allocator
    pod = PodRecord("unit", "p", "uid", size="small", phase="Pending", created=1.0)
    allocator.pod_seen(pod, 2.0)
    assert found.census.runners() == {("pending", "small"): 1}
    allocator.pod_seen(replace(pod, phase="Running"), 3.0)
    assert found.census.runners() == {("idle", "small"): 1}
    allocator.held("unit", "p", "job-uid", 4.0)
    assert found.census.runners() == {("busy", "small"): 1}
    allocator.pod_seen(replace(pod, gone=True), 5.0)
    assert found.census.runners() == {}
    assert found.census.limits() == {"small": 7}
