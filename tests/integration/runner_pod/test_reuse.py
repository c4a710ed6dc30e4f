"""Runners that are kept: the next task, a clean place for it, and an end when none comes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.kubeapi import until
from tests.integration.runner_pod.stand import Stand, released

from fairlead.runner.pod.assignment import selects_assigned

FLOW = released("flow", "Square", "Fail", "SumOfSquares")
MARKS = released("marks", "Mark", "Orphan")


def test_a_kept_runner_takes_the_next_task_and_writes_only_its_end(stand: Stand) -> None:
    first, pod = stand.make("Square", {"number": 2}), stand.pod()
    stand.assign(first, pod)
    stand.start(pod, FLOW, first, reuse="WithinJob", reuseSeconds=60)
    stand.wait_outcome(first)
    second = stand.make("Square", {"number": 3})
    assigned = stand.patch(second, podName=pod.name, attempt=1, state="Running")
    status = stand.wait_outcome(second)
    assert (status["state"], status["result"]) == ("Completed", "9")
    assert "startTime" in status
    # The display counts as a report of its own, unless the end overtakes it.
    assert status["report"] in ("1.1", "1.2")
    assert assigned["status"].get("startTime") is None


def test_a_kept_runner_asks_only_for_tasks_that_are_not_over(stand: Stand) -> None:
    first, pod = stand.make("Square", {"number": 2}), stand.pod()
    stand.assign(first, pod)
    stand.start(pod, FLOW, first, reuse="WithinJob", reuseSeconds=60)
    stand.wait_outcome(first)
    second = stand.make("Square", {"number": 3})
    operator = stand.site.operator
    selector = selects_assigned(pod.name)
    assert operator.get(stand.site.tasks, fieldSelector=selector)["items"] == []
    stand.patch(second, podName=pod.name, attempt=1, state="Running")
    assert stand.wait_outcome(second)["result"] == "9"


def test_the_same_task_can_come_back_for_its_next_attempt(stand: Stand) -> None:
    task, pod = stand.make("Fail", {"how": "raise"}), stand.pod()
    stand.assign(task, pod)
    stand.start(pod, FLOW, task, reuse="WithinJob", reuseSeconds=60)
    assert stand.wait_outcome(task)["outcome"]["attempt"] == 1
    stand.patch(task, outcome=None, podName=None, state="Queued")
    stand.patch(task, podName=pod.name, attempt=2, state="Running")
    status = stand.wait_outcome(task)
    assert (status["outcome"]["attempt"], status["report"].partition(".")[0]) == (2, "2")


def test_a_runner_without_a_task_waits_for_one_and_then_ends(stand: Stand) -> None:
    pod = stand.pod("group")
    agent = stand.start(pod, FLOW, reuse="AcrossJobs", reuseSeconds=2, group="g")
    assert agent.wait() == 0
    other = stand.pod("group")
    kept = stand.start(other, FLOW, reuse="AcrossJobs", reuseSeconds=None, group="g")
    task = stand.make("Square", {"number": 4})
    stand.patch(task, podName=other.name, attempt=1, state="Running")
    assert stand.wait_outcome(task)["result"] == "16"
    assert kept.process.poll() is None


def test_a_runner_whose_first_task_went_elsewhere_ends(stand: Stand) -> None:
    task, pod, other = stand.make("Square", {"number": 2}), stand.pod(), stand.pod()
    stand.assign(task, other)
    agent = stand.start(pod, FLOW, task)
    assert agent.wait() == 0
    assert "outcome" not in stand.status(task)


def test_nothing_of_a_task_is_left_for_the_next(stand: Stand) -> None:
    """Files, module state, environment, working folder and processes."""
    first, pod = stand.make("Mark", {"name": "one"}), stand.pod()
    stand.assign(first, pod)
    agent = stand.start(pod, MARKS, first, reuse="WithinJob", reuseSeconds=60)
    found = json.loads(stand.wait_outcome(first)["result"])
    assert found == {"here": [], "tmp": [], "files": [], "seen": [], "env": None, "lives": False}
    second = stand.make("Mark", {"name": "two"})
    stand.patch(second, podName=pod.name, attempt=1, state="Running")
    assert json.loads(stand.wait_outcome(second)["result"]) == found
    assert agent.process.poll() is None


def test_orphans_are_buried(stand: Stand) -> None:
    """A process whose parents have all ended is a child of the pod's first one."""
    task, pod = stand.make("Orphan"), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, MARKS, task, reuse="WithinJob", reuseSeconds=60)
    stand.wait_outcome(task)

    def only_the_zygote() -> bool:
        tasks = Path(f"/proc/{agent.process.pid}/task").iterdir()
        return sum(len((one / "children").read_text().split()) for one in tasks) == 1

    until("no orphan is left", only_the_zygote)


def test_a_runner_ends_when_no_task_has_come(stand: Stand) -> None:
    task, pod = stand.make("Square", {"number": 2}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, FLOW, task, reuse="WithinJob", reuseSeconds=1)
    stand.wait_outcome(task)
    assert agent.wait() == 0
