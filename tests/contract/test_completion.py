"""When a task is COMPLETED, and what waits for it."""

from __future__ import annotations

import pytest

from fairlead import Client, InvalidRequestError, TaskState

from .conftest import Gate, drive, not_begun, states
from .programs.meetings import Opens
from .programs.steps import Root


def test_a_single_task_is_completed_and_has_a_result(client: Client) -> None:
    job = client.jobs().submit("one", Root({"returns": 7}))

    assert job.state.value in not_begun(client)
    assert job.wait() is job
    assert (job.state.value, job.result) == ("COMPLETED", 7)
    [task] = job.tasks()
    assert task.started is not None
    assert task.ended is not None
    assert task.created <= task.started <= task.ended


def test_a_task_is_computed_until_all_below_it_is_completed(client: Client, gate: Gate) -> None:
    below = {"steps": {"B": {"steps": {"C": {"gate": str(gate)}}}}}
    job = client.jobs().submit("deep", Root({"steps": {"A": below}}))
    drive(job)
    gate.reached()

    assert states(job) == {"Root": "COMPUTED", "A": "COMPUTED", "B": "COMPUTED", "C": "RUNNING"}
    gate.open()
    job.wait(timeout=60)
    assert set(states(job).values()) == {"COMPLETED"}


def test_a_dependent_waits_for_the_subtasks_of_its_dependency(client: Client, gate: Gate) -> None:
    steps = {
        "A": {"steps": {"B": {"gate": str(gate)}}},
        "C": {"after": ["A"]},
    }
    job = client.jobs().submit("waits", Root({"steps": steps}))
    drive(job)
    gate.reached()

    assert states(job)["A"] == "COMPUTED"
    assert states(job)["C"] == "QUEUED"
    gate.open()
    job.wait(timeout=60)
    ends = {task.identifier: task for task in job.tasks()}
    assert ends["B"].ended is not None
    assert ends["C"].started is not None
    assert ends["B"].ended <= ends["C"].started


def test_several_top_level_tasks_end_the_job_together(client: Client) -> None:
    job = client.jobs().submit("three", [Root({"returns": n}) for n in range(3)])

    assert job.wait().result == [0, 1, 2]


def test_tasks_of_one_job_that_need_each_other_run_at_once(client: Client, gate: Gate) -> None:
    """The second opens the gate at which the first waits."""
    job = client.jobs().submit("meet", [Root({"gate": str(gate)}), Opens(str(gate))])

    assert job.wait(timeout=60).state.value == "COMPLETED"


def test_an_empty_job_is_refused(client: Client) -> None:
    with pytest.raises(InvalidRequestError, match="no task"):
        client.jobs().submit("nothing", [])
    assert client.jobs().query() == []


def test_counts_say_how_many_are_in_which_state(client: Client) -> None:
    job = client.jobs().submit("counts", Root({"steps": {"A": {}, "B": {}}})).wait()

    assert job.view.counts == {TaskState.COMPLETED: 3}
