"""Retries: how many, after how long, and what uses none."""

from __future__ import annotations

import itertools

import pytest

from fairlead import Client

from .conftest import executions, run, states
from .programs.steps import Root


@pytest.mark.parametrize(
    ("fails", "max_retries", "executed", "state"),
    [
        (0, 0, 1, "COMPLETED"),
        (1, 0, 1, "FAILED"),
        (1, 1, 2, "COMPLETED"),
        (2, 2, 3, "COMPLETED"),
        (9, 2, 3, "FAILED"),
    ],
)
def test_n_retries_allow_n_plus_one_executions(
    client: Client, fails: int, max_retries: int, executed: int, state: str
) -> None:
    steps = {"A": {"fails": fails, "max_retries": max_retries, "backoff": 0.01}}
    job = run(client, {"steps": steps})

    assert states(job)["A"] == state
    assert executions(client, job)["A"] == executed


def test_a_top_level_task_is_tried_again_too(client: Client) -> None:
    job = run(client, {"fails": 2, "returns": "at last"}, max_retries=2, backoff=0.01)

    assert job.result == "at last"
    assert executions(client, job) == {"Root": 3}


def test_an_error_that_says_so_is_not_tried_again(client: Client) -> None:
    job = run(client, {"steps": {"A": {"fails": 9, "error": "final", "max_retries": 5}}})

    assert states(job)["A"] == "FAILED"
    assert executions(client, job)["A"] == 1


def test_the_backoff_doubles_up_to_its_most(client: Client) -> None:
    options = {"max_retries": 4, "backoff": 0.1, "max_backoff": 0.2}
    job = run(client, {"steps": {"A": {"fails": 4, **options}}})

    task = next(task for task in job.tasks() if task.identifier == "A")
    attempts = client.backend.attempts(task.id)
    waits = [
        after.started - (before.ended or 0.0) for before, after in itertools.pairwise(attempts)
    ]
    # The jitter may take off up to half of a wait, and nothing can start early.
    assert [wait >= least for wait, least in zip(waits, (0.05, 0.1, 0.1, 0.1), strict=True)]
    assert len(waits) == 4


def test_a_retry_starts_with_no_subtasks(client: Client) -> None:
    """The failed attempts had submitted theirs before they raised."""
    job = run(client, {"fails": 2, "steps": {"A": {}, "B": {}}}, max_retries=2, backoff=0.01)

    assert states(job) == {"Root": "COMPLETED", "A": "COMPLETED", "B": "COMPLETED"}
    assert len(job.tasks(history=True)) == 3


def test_each_attempt_is_recorded_with_what_it_failed_with(client: Client) -> None:
    job = run(client, {"fails": 1}, max_retries=1, backoff=0.01)

    first, second = client.backend.attempts(job.tasks()[0].id)
    assert (first.outcome, second.outcome) == ("ERROR", "SUCCEEDED")
    assert first.failure is not None
    assert (first.failure.type, first.failure.message) == ("ValueError", "Root fails")
    assert "raise ERRORS" in first.failure.traceback
    assert job.tasks()[0].failure is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_retries", -1), ("max_retries", 1.5), ("max_retries", True),
        ("backoff", -0.1), ("backoff", float("nan")), ("max_backoff", "1"),
        ("timeout", 0), ("timeout", float("inf")), ("optional", "yes"), ("retries", 3),
    ],
)  # fmt: skip
def test_a_bad_option_is_refused_before_anything_is_stored(
    client: Client, option: str, value: object
) -> None:
    bad: dict[str, object] = {option: value}
    with pytest.raises(ValueError, match=option):
        client.jobs().submit("bad", Root(), **bad)  # type: ignore[arg-type]
    assert client.jobs().query() == []
