"""Machine groups with a real operator and real runners."""

from __future__ import annotations

from tests.integration.machines.conftest import Machines


def test_a_group_with_a_release_is_ready_before_its_first_task(machines: Machines) -> None:
    group = machines.group(minMachines=1, release="waits")
    (runner,) = machines.wait_runners(group, 1)
    machines.wait_status("machinegroups", group, state="Running", running=1, idle=1)
    machines.wait_reason("machinegroups", group, "Ready", "Ready")
    job = machines.job("", machineGroup=group)
    machines.completed(job)
    assert machines.pods_of(job) == {runner}


def test_a_group_learns_its_release_from_its_first_task(machines: Machines) -> None:
    group = machines.group(minMachines=1, maxMachines=2)
    machines.wait_reason("machinegroups", group, "Ready", "WaitingForRelease")
    first = machines.job("", machineGroup=group)
    machines.completed(first)
    assert machines.wait_runners(group, 1) == list(machines.pods_of(first))
    second = machines.job("", machineGroup=group)
    machines.completed(second)
    assert machines.pods_of(second) == machines.pods_of(first)


def test_a_group_grows_and_shrinks(machines: Machines) -> None:
    group = machines.group(maxMachines=2, idleSeconds=1)
    gate = machines.gate()
    job = machines.job(gate, gate, gate, machineGroup=group)
    machines.wait_runners(group, 2)
    machines.wait_status("machinegroups", group, running=2, idle=0)
    states = [task["status"]["state"] for task in machines.site.tasks(job)]
    assert states.count("Queued") >= 1
    gate.touch()
    machines.completed(job)
    assert len(machines.pods_of(job)) == 2
    machines.wait_runners(group, 0)
    machines.wait_status("machinegroups", group, state="Running", running=0, idle=0)


def test_a_terminated_group_lets_its_tasks_finish_and_takes_no_more(machines: Machines) -> None:
    group = machines.group(maxMachines=1, minMachines=1, release="waits")
    gate = machines.gate()
    running = machines.job(gate, machineGroup=group)
    machines.wait_status("machinegroups", group, idle=0, running=1)
    machines.wait_status("jobs", running, state="Running")
    waiting = machines.job("", machineGroup=group)
    path = machines.site.path("machinegroups", group)
    machines.site.api.patch(path, {"spec": {"desired": "Terminated"}})
    machines.wait_status("machinegroups", group, state="Terminating")
    found = machines.site.wait_finished(waiting)
    assert found["status"]["state"] == "Failed"
    assert "terminated before" in found["status"]["failure"]["message"]
    gate.touch()
    machines.completed(running)
    machines.wait_status("machinegroups", group, state="Terminated", running=0)
    assert machines.wait_runners(group, 0) == ["none"]


def test_a_group_terminates_itself_some_time_after_its_last_task(machines: Machines) -> None:
    group = machines.group(terminateAfterSeconds=1)
    found = machines.wait_status("machinegroups", group, state="Terminated")
    assert found["spec"]["desired"] == "Terminated"


def test_runners_of_a_group_that_is_deleted_go_with_it(machines: Machines) -> None:
    group = machines.group(minMachines=1, release="waits")
    machines.wait_runners(group, 1)
    machines.site.api.delete(machines.site.path("machinegroups", group))
    machines.wait_runners(group, 0)


def test_kept_runners_outlive_the_operator(machines: Machines) -> None:
    group = machines.group(minMachines=1, release="waits")
    before = machines.wait_runners(group, 1)
    machines.wait_status("machinegroups", group, idle=1)
    machines.site.operator.restart()
    job = machines.job("", machineGroup=group)
    machines.completed(job)
    assert machines.pods_of(job) == set(before)
    assert machines.runners(group) == before
