"""Runs on machine groups, and their place in the queue."""

from __future__ import annotations

import pytest

from fairlead import Client, InvalidRequestError, MachineGroup, TaskError, TaskRun

from .conftest import Gate, until
from .programs.steps import Root


def test_runs_beyond_the_machines_queue_in_order(client: Client, gate: Gate) -> None:
    with MachineGroup("small", num_machines=1) as group:
        runs = [client.run(Root({"gate": str(gate)}), on=group) for _ in range(4)]
        gate.reached()
        assert [run.get_position_in_queue() for run in runs] == [None, 0, 1, 2]
        assert [run.status for run in runs] == ["running", "pending", "pending", "pending"]
        gate.open()
        for run in runs:
            run.wait(timeout=60)
        starts = [run.view.started or 0.0 for run in runs]
        ends = [run.view.ended or 0.0 for run in runs]

    assert all(ended <= started for ended, started in zip(ends, starts[1:], strict=False))


def test_as_many_run_at_once_as_there_are_machines(client: Client, gate: Gate) -> None:
    with MachineGroup("small", min_machines=0, max_machines=2) as group:
        runs = [client.run(Root({"gate": str(gate)}), on=group) for _ in range(5)]
        until(lambda: sum(run.status == "running" for run in runs) == 2)
        [listed] = client.backend.machines()
        assert (listed["running"], listed["queued"], listed["maximum"]) == (2, 3, 2)
        gate.open()
        for run in runs:
            run.wait(timeout=60)
    assert max(_overlaps(runs)) <= 2


def test_groups_do_not_wait_for_each_other(client: Client, gate: Gate) -> None:
    with MachineGroup("small") as one, MachineGroup("large") as other:
        held = client.run(Root({"gate": str(gate)}), on=one)
        free = client.run(Root({"returns": 1}), on=other)
        gate.reached()
        assert free.result(timeout=60) == 1
        assert held.status != "completed"
        gate.open()
        held.wait(timeout=60)


def test_a_run_on_a_group_that_is_not_running_is_refused(client: Client) -> None:
    group = MachineGroup("small")
    with pytest.raises(TaskError, match="not running"):
        client.run(Root(), on=group)
    group.start()
    group.terminate()
    with pytest.raises(TaskError, match="not running"):
        client.run(Root(), on=group)
    with pytest.raises(TaskError, match="terminated"):
        group.start()
    assert client.jobs().query() == []


def test_what_runs_when_its_group_is_terminated_ends_well_and_what_queues_fails(
    client: Client, gate: Gate
) -> None:
    with MachineGroup("small") as group:
        running = client.run(Root({"gate": str(gate), "returns": 1}), on=group)
        gate.reached()
        queued = client.run(Root(), on=group)
        assert queued.get_position_in_queue() == 0
    with pytest.raises(TaskError):
        queued.result(timeout=60)
    gate.open()

    assert running.result(timeout=60) == 1
    assert queued.status == "cancelled"
    job = client.jobs().find(queued.view.job_id)
    assert job.state.value == "FAILED"
    assert job.view.failure is not None
    assert "was terminated before the run had started" in job.view.failure.message


def test_the_same_run_by_its_id(client: Client) -> None:
    run = client.run(Root({"returns": 12}))
    same = TaskRun(run.id)

    assert same.result(timeout=60) == 12
    assert run.status == "completed"
    assert run.get_position_in_queue() is None


def test_killing_a_run(client: Client, gate: Gate) -> None:
    run = client.run(Root({"gate": str(gate), "stops": True}))
    gate.reached()
    run.kill()
    run.wait(timeout=60)

    assert (run.status, run.state.value) == ("cancelled", "CANCELLED")


@pytest.mark.parametrize(
    "bad",
    [
        {"size": ""},
        {"size": "small", "num_machines": 0},
        {"size": "small", "min_machines": 3, "max_machines": 2},
        {"size": "small", "max_idle_time": -1},
    ],
)
def test_groups_that_cannot_be(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidRequestError):
        MachineGroup(**bad)  # type: ignore[arg-type]


def _overlaps(runs: list[TaskRun]) -> list[int]:
    """Return how many ran at the start of each."""
    views = [run.view for run in runs]
    times = [(view.started or 0.0, view.ended or 0.0) for view in views]
    return [sum(start <= at < end for start, end in times) for at, _ in times]
