"""Retrying jobs that failed or were cancelled: only what did not succeed runs again."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client, InvalidRequestError

from .conftest import BEGINS_AT_ONCE, Gate, begin, executions, not_begun, run, states
from .programs.mending import Mended, Parent
from .programs.steps import Root


def test_only_what_did_not_succeed_runs_again(client: Client, gate: Gate) -> None:
    job = client.jobs().submit("mend", Parent(str(gate))).wait(timeout=60)
    assert states(job) == {
        "Parent": "COMPUTED", "A": "COMPLETED", "Mended": "FAILED", "B": "CANCELLED",
    }  # fmt: skip
    before = {task.identifier: task for task in job.tasks()}

    gate.open()
    assert client.jobs().retry(job) == 2
    assert job.state.value in not_begun(client)
    job.wait(timeout=60)

    assert job.state.value == "COMPLETED"
    assert job.result == "mended"
    after = {task.identifier: task for task in job.tasks()}
    assert set(states(job).values()) == {"COMPLETED"}
    assert executions(client, job) == {"Parent": 1, "A": 1, "Mended": 1, "B": 1}
    for name in ("Parent", "A"):
        assert after[name].id == before[name].id
    for name in ("Mended", "B"):
        assert after[name].id != before[name].id
        assert (before[name].run, after[name].run) == (1, 2)


def test_the_old_objects_stay_as_history(client: Client, gate: Gate) -> None:
    job = client.jobs().submit("history", Mended(str(gate))).wait(timeout=60)
    client.jobs().retry(job)
    job.wait(timeout=60)
    gate.open()
    client.jobs().retry(job)
    job.wait(timeout=60)

    history = job.tasks(history=True)
    assert [task.state.value for task in history] == ["FAILED", "FAILED", "COMPLETED"]
    assert [task.superseded for task in history] == [True, True, False]
    assert [task.run for task in history] == [1, 2, 3]
    assert job.view.run == 3
    assert job.view.failure is None


def test_a_renewed_task_has_its_whole_budget_again(client: Client) -> None:
    steps = {"A": {"fails": 9, "max_retries": 1, "backoff": 0.01}}
    job = run(client, {"steps": steps})
    client.jobs().retry(job)
    job.wait(timeout=60)

    assert executions(client, job)["A"] == 2


def test_a_cancelled_job_goes_on_where_it_was(client: Client, gate: Gate) -> None:
    steps: dict[str, Any] = {
        "A": {},
        "B": {"after": ["A"], "gate": str(gate)},
        "C": {"after": ["B"]},
    }
    job = begin(client, {"steps": steps})
    gate.reached()
    client.jobs().cancel(job)
    gate.open()
    job.wait(timeout=60)
    assert job.state.value == "CANCELLED"
    assert states(job)["C"] == "CANCELLED"

    client.jobs().retry(job)
    job.wait(timeout=60)
    assert set(states(job).values()) == {"COMPLETED"}
    assert executions(client, job)["A"] == 1


def test_what_was_optional_and_failed_is_kept(client: Client) -> None:
    steps = {
        "A": {"optional": True, "steps": {"B": {"fails": 9}, "C": {"after": ["B"]}}},
        "D": {"after": ["A"], "fails": 9},
    }
    job = run(client, {"steps": steps})
    assert job.state.value == "FAILED"
    client.jobs().retry(job)
    job.wait(timeout=60)

    assert job.state.value == "FAILED"
    assert states(job) == {
        "Root": "COMPUTED", "A": "COMPLETED", "B": "FAILED_OPTIONAL", "C": "SKIPPED",
        "D": "FAILED",
    }  # fmt: skip
    assert len(job.tasks(history=True)) == 6


def test_values_of_the_first_run_reach_tasks_of_the_second(client: Client, gate: Gate) -> None:
    from .programs.mending import SumOfMended

    job = client.jobs().submit("values", SumOfMended(str(gate))).wait(timeout=60)
    assert job.state.value == "FAILED"
    gate.open()
    client.jobs().retry(job)

    assert job.wait(timeout=60).result == ["kept", "mended"]


@pytest.mark.parametrize(
    "state",
    [pytest.param("QUEUED", marks=pytest.mark.laptop_only(BEGINS_AT_ONCE)), "COMPLETED"],
)
def test_only_failed_and_cancelled_jobs_can_be_retried(client: Client, state: str) -> None:
    job = client.jobs().submit("fine", Root())
    if state == "COMPLETED":
        job.wait(timeout=60)

    with pytest.raises(InvalidRequestError, match=state):
        client.jobs().retry(job)


def test_a_clone_is_another_job_with_the_same_input(client: Client) -> None:
    job = run(client, {"returns": 3, "steps": {"A": {}}})
    clone = client.jobs().clone(job)
    clone.wait(timeout=60)

    assert clone.id != job.id
    assert (clone.name, clone.result, clone.view.lineage) == (job.name, 3, job.id)
    assert states(clone) == states(job)
