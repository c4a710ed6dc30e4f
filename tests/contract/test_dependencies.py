"""What a dependency is, and whom it holds."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from fairlead import Client, Job

from .conftest import on_a_cluster, run, states
from .programs.graphs import Chain, DependsOn, Diamond, Exchange, Fetch


def test_a_diamond_runs_in_order(client: Client) -> None:
    job = client.jobs().submit("diamond", Diamond()).wait(timeout=60)

    begun, ended = _times(job)
    assert ended["A"] <= min(begun["B"], begun["C"])
    assert max(ended["B"], ended["C"]) <= begun["D"]


def test_a_chain_longer_than_any_number_of_groups(client: Client) -> None:
    length = 100 if on_a_cluster(client) else 300
    job = client.jobs().submit("chain", Chain(length)).wait(timeout=300)

    tasks = [task for task in job.tasks() if task.identifier == "A"]
    assert len(tasks) == length
    for before, after in itertools.pairwise(tasks):
        assert after.depends_on == (before.id,)
        assert before.ended is not None
        assert after.started is not None
        assert before.ended <= after.started


def test_a_fan_in_waits_for_all(client: Client) -> None:
    steps: dict[str, Any] = {"A": {}, "B": {}, "C": {}, "D": {}}
    steps["E"] = {"after": ["A", "B", "C", "D"]}
    job = run(client, {"steps": steps})

    begun, ended = _times(job)
    assert max(ended[name] for name in "ABCD") <= begun["E"]


def test_a_failed_dependency_never_releases_its_dependents(client: Client) -> None:
    job = run(client, {"steps": {"A": {"fails": 1}, "B": {"after": ["A"]}, "C": {"after": ["B"]}}})

    assert job.state.value == "FAILED"
    assert states(job) == {"Root": "COMPUTED", "A": "FAILED", "B": "CANCELLED", "C": "CANCELLED"}


def test_a_dependency_named_twice_counts_once(client: Client) -> None:
    assert run(client, {"steps": {"A": {}, "B": {"after": ["A", "A"]}}}).state.value == "COMPLETED"


@pytest.mark.parametrize("what", ["a text", "another's future", "no future"])
def test_what_is_no_future_of_this_submission_is_refused(client: Client, what: str) -> None:
    job = client.jobs().submit("foreign", DependsOn(what)).wait(timeout=60)

    assert job.view.failure is not None
    assert job.view.failure.type == "DependencyError"
    assert len(job.tasks()) == 1, "nothing that was submitted with it is kept"


def test_a_future_that_has_ended_may_be_depended_on(client: Client) -> None:
    """It was handed to the task, which therefore ran after it."""
    job = client.jobs().submit("exchange", Exchange()).wait(timeout=60)

    assert job.result == "A and B"


def test_a_list_of_futures_may_be_returned(client: Client) -> None:
    job = client.jobs().submit("fetch", Fetch(3)).wait(timeout=60)

    assert job.result == [0, 1, 4]


def _times(job: Job) -> tuple[dict[str, float], dict[str, float]]:
    tasks = job.tasks()
    assert all(task.started and task.ended for task in tasks)
    return (
        {task.identifier: task.started or 0.0 for task in tasks},
        {task.identifier: task.ended or 0.0 for task in tasks},
    )
