"""Tasks that are to end: asked, made to, out of time, out of memory, with their pod."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.cluster.kubeapi import until
from tests.cluster.provider import Cluster
from tests.integration.runner_pod.stand import AgentProcess, Stand, released

FLOW = released("flow", "Square", "Wait")
LARGE = released("large", "Hog", "Steps")


def waiting(
    stand: Stand, *, obey: bool = True, fail: bool = False, **spec: object
) -> tuple[str, AgentProcess]:
    """Start a task that waits, and wait until it does; its name, and its agent."""
    value = {"name": "w", "obey": obey, "fail": fail}
    task, pod = stand.make("Wait", value, **spec), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, FLOW, task)
    began = stand.folder / "w.began"
    until("the task waits", began.exists)
    return task, agent


def pid_of_task(stand: Stand) -> int:
    return int((stand.folder / "w.began").read_text())


def test_a_task_that_is_asked_to_stop_keeps_its_result(stand: Stand) -> None:
    task, agent = waiting(stand)
    stand.patch(task, stop="Stop")
    status = stand.wait_outcome(task)
    assert (status["state"], status["result"]) == ("Completed", '"stopped"')
    assert agent.wait() == 0


def test_a_task_that_is_cancelled_may_return_within_its_grace(stand: Stand) -> None:
    task, _ = waiting(stand)
    stand.patch(task, stop="Cancel")
    assert stand.wait_outcome(task)["outcome"]["kind"] == "Succeeded"


def test_a_task_that_does_not_stop_when_cancelled_is_killed(stand: Stand) -> None:
    task, _ = waiting(stand, obey=False, graceSeconds=0)
    stand.patch(task, stop="Cancel")
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("Lost", "TaskCancelledError")
    assert not Path(f"/proc/{pid_of_task(stand)}").exists()


def test_a_task_that_was_told_to_stop_before_it_began_is_told_so(stand: Stand) -> None:
    task, pod = stand.make("Wait", {"name": "w"}), stand.pod()
    stand.assign(task, pod, stop="Stop")
    stand.start(pod, FLOW, task)
    assert stand.wait_outcome(task)["result"] == '"stopped"'


def test_a_task_out_of_time_is_killed(stand: Stand) -> None:
    task, _ = waiting(stand, obey=False, timeoutSeconds=1)
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("Timeout", "TimeoutError")
    assert "longer than its limit of 1 s" in outcome["message"]


def test_the_limit_of_the_release_holds_for_a_task_without_one(stand: Stand) -> None:
    limited = released("flow", "Wait", timeoutSeconds=1)
    outcome = stand.run(limited, "Wait", {"name": "w", "obey": False})["outcome"]
    assert outcome["kind"] == "Timeout"


def test_the_operator_can_say_that_the_time_is_over(stand: Stand) -> None:
    task, _ = waiting(stand, obey=False)
    stand.patch(task, stop="Timeout")
    assert stand.wait_outcome(task)["outcome"]["kind"] == "Timeout"


def test_a_task_that_takes_too_much_memory_is_killed(stand: Stand) -> None:
    task, pod = stand.make("Hog", {"step": 8 * 2**20}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, LARGE, task, memoryBytes=400 * 2**20)
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("OutOfMemory", "MemoryError")
    assert "400 MiB" in outcome["message"]
    assert agent.wait() == 0


# --- with their pod -------------------------------------------------------------------


def test_a_task_whose_pod_ends_may_return(stand: Stand) -> None:
    task, agent = waiting(stand)
    agent.terminate()
    status = stand.wait_outcome(task)
    assert (status["state"], status["result"]) == ("Completed", '"stopped"')
    assert agent.wait() == 0


def test_a_task_that_does_not_return_while_its_pod_ends_is_disrupted(stand: Stand) -> None:
    task, agent = waiting(stand, obey=False, graceSeconds=0)
    agent.terminate()
    outcome = stand.wait_outcome(task)["outcome"]
    assert outcome["kind"] == "Disrupted"
    assert agent.wait() == 0
    assert not Path(f"/proc/{pid_of_task(stand)}").exists()


def test_what_failed_before_its_pod_was_told_to_end_is_the_tasks_own_failure(
    stand: Stand,
) -> None:
    """The agent hears of the failure and of the end at the same time."""
    task, agent = waiting(stand, fail=True)
    os.kill(agent.process.pid, signal.SIGSTOP)
    (stand.folder / "w.end").touch()
    until("the task has failed", (stand.folder / "trouble").exists)
    agent.terminate()
    os.kill(agent.process.pid, signal.SIGCONT)
    outcome = stand.wait_outcome(task)["outcome"]
    assert (outcome["kind"], outcome["type"]) == ("Error", "TroubleError")
    assert agent.wait() == 0


def test_what_fails_because_its_pod_ends_is_disrupted(stand: Stand) -> None:
    task, agent = waiting(stand, fail=True, obey=False)
    agent.terminate()
    until("it is told", (stand.folder / "w.told").exists)
    (stand.folder / "w.end").touch()
    outcome = stand.wait_outcome(task)["outcome"]
    assert outcome["kind"] == "Disrupted"
    assert "TroubleError: in trouble" in outcome["message"]


def test_a_pod_that_ends_while_idle_ends_at_once(stand: Stand) -> None:
    task, pod = stand.make("Square", {"number": 2}), stand.pod()
    stand.assign(task, pod)
    agent = stand.start(pod, FLOW, task, reuse="WithinJob", reuseSeconds=600)
    stand.wait_outcome(task)
    agent.terminate()
    assert agent.wait() == 0


def test_nothing_of_a_killed_agent_goes_on(stand: Stand) -> None:
    _, agent = waiting(stand, obey=False)
    pid = pid_of_task(stand)
    os.kill(agent.process.pid, 9)
    agent.process.wait(10)
    until("the task is gone", lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("end", ["delete", "reassign", "conclude"])
def test_a_task_that_is_given_to_another_is_killed_and_not_reported(
    stand: Stand, cluster: Cluster, end: str
) -> None:
    task, agent = waiting(stand, obey=False)
    if end == "delete":
        stand.site.admin.delete(f"{stand.site.tasks}/{task}")
    elif end == "reassign":
        other = stand.pod()
        stand.patch(task, podName=other.name, attempt=2)
    else:
        stand.patch(task, state="Cancelled")
    assert agent.wait() == 0
    assert not _runs(pid_of_task(stand))
    if end != "delete":
        assert "outcome" not in stand.status(task)
