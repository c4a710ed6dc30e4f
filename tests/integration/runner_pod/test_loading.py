"""Releases that do not come to the end of their import."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.kubeapi import until
from tests.integration.runner_pod.stand import AgentProcess, Stand, released

HANGING = released("hanging", "Anything")


def loading(stand: Stand, seconds: int) -> tuple[str, AgentProcess]:
    """Start a task whose release hangs at import, and wait until it does."""
    task, pod = stand.make("Anything"), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, HANGING, task, loadSeconds=seconds)
    until("it is being imported", lambda: importing(agent.work))
    return task, agent


def importing(work: Path) -> list[Path]:
    return [path for path in work.glob("importing-*") if not path.suffix]


def test_a_module_that_hangs_at_import_ends_the_attempt_and_is_named(stand: Stand) -> None:
    task, agent = loading(stand, 8)
    status = stand.wait_outcome(task)
    outcome = status["outcome"]
    assert (status["state"], outcome["kind"]) == ("Queued", "NeverStarted")
    assert outcome["type"] == "LoadTimeoutError"
    assert "release dev-program was not loaded after 8 s" in outcome["message"]
    assert "still at hanging.py:11 (ask)" in outcome["message"]
    assert "do that inside the task" in outcome["message"]
    assert "startTimeoutSeconds" in outcome["message"]
    assert "line 14 in <module>" in outcome["traceback"]
    assert "startTime" not in status
    assert agent.wait() == 1
    assert "hanging.py" in agent.said()


def test_a_pod_that_is_to_end_does_not_wait_for_its_release(stand: Stand) -> None:
    task, agent = loading(stand, 3600)
    agent.terminate()
    status = stand.wait_outcome(task)
    assert (status["state"], status["outcome"]["kind"]) == ("Queued", "Released")
    assert agent.wait() == 0


def test_a_task_that_is_cancelled_does_not_wait_for_its_release(stand: Stand) -> None:
    task, agent = loading(stand, 3600)
    stand.patch(task, stop="Cancel")
    assert stand.wait_outcome(task)["outcome"]["kind"] == "Released"
    assert agent.wait() == 0


def test_a_task_that_is_given_to_another_does_not_wait_for_its_release(stand: Stand) -> None:
    task, agent = loading(stand, 3600)
    stand.patch(task, podName=stand.pod().name, attempt=2)
    assert agent.wait() == 0
    assert "outcome" not in stand.status(task)


def test_a_kept_runner_whose_release_hangs_tells_its_first_task_at_once(stand: Stand) -> None:
    """It has waited long enough before that came."""
    pod = stand.pod()
    agent = stand.start(pod, HANGING, reuse="AcrossJobs", reuseSeconds=600, loadSeconds=1)
    until("it is being imported", lambda: importing(agent.work))
    until("it waits for a task", lambda: agent.age() > 1)
    task = stand.make("Anything", timeoutSeconds=3600)
    stand.assign(task, pod, state="Running")
    assert stand.wait_outcome(task)["outcome"]["kind"] == "NeverStarted"
    assert agent.wait() == 1
