"""Trees of subtasks: recursion, and its limits."""

from __future__ import annotations

import pytest

from fairlead import Client

from .programs.recursion import Endless, Fibonacci, Wide


def test_recursion(client: Client) -> None:
    job = client.jobs().submit("fibonacci", Fibonacci(7)).wait(timeout=300)

    assert job.result == 13
    assert {task.identifier for task in job.tasks()} == {"Fibonacci", "Add"}


def test_subtasks_belong_to_their_parents_and_job(client: Client) -> None:
    job = client.jobs().submit("wide", Wide(3)).wait(timeout=60)
    root, *leaves = job.tasks()

    assert root.parent_id is None
    assert {leaf.parent_id for leaf in leaves} == {root.id}
    assert {leaf.job_id for leaf in leaves} == {job.id}


@pytest.mark.laptop_only("an installation sets the limits, not the program")
def test_recursion_without_end_is_stopped_at_the_depth_limit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_MAX_DEPTH", "20")
    job = client.jobs().submit("endless", Endless(), max_retries=3).wait(timeout=60)

    assert job.state.value == "FAILED"
    assert len(job.tasks()) == 21
    assert job.view.failure is not None
    assert job.view.failure.type == "LimitExceededError"
    assert "FAIRLEAD_MAX_DEPTH" in job.view.failure.message
    assert len(client.backend.attempts(job.tasks()[-1].id)) == 1, "it is of no use to try again"


@pytest.mark.laptop_only("an installation sets the limits, not the program")
@pytest.mark.parametrize("count", [9, 10])
def test_a_job_holds_at_most_so_many_tasks(
    client: Client, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("FAIRLEAD_MAX_TASKS", "10")
    job = client.jobs().submit("many", Wide(count)).wait(timeout=60)

    if count == 9:
        assert len(job.tasks()) == 10
        return
    assert (job.state.value, len(job.tasks())) == ("FAILED", 1)
    assert job.view.failure is not None
    assert job.view.failure.type == "LimitExceededError"
    assert "FAIRLEAD_MAX_TASKS" in job.view.failure.message


@pytest.mark.laptop_only("an installation sets the limits, not the program")
def test_the_limit_counts_all_levels(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_MAX_TASKS", "30")
    job = client.jobs().submit("fibonacci", Fibonacci(30)).wait(timeout=60)

    assert job.state.value == "FAILED"
    assert len(job.tasks()) <= 30
    assert job.view.failure is not None
    assert job.view.failure.type == "LimitExceededError"
