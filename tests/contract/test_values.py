"""Futures as values: of fields, inside values, and as results."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client, TaskError

from .programs.flow import (
    Asks,
    Collect,
    Forward,
    Keeps,
    LateLoss,
    Nested,
    OptionalValue,
    RiskyField,
    Total,
    WrongType,
)  # fmt: skip


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_a_result_that_is_a_future_is_that_tasks_result(client: Client, depth: int) -> None:
    assert client.jobs().submit("up", Forward(depth)).wait(timeout=60).result == "from below"


def test_a_list_of_futures_becomes_a_list_of_results(client: Client) -> None:
    job = client.jobs().submit("sum", Total(5)).wait(timeout=60)

    assert job.result == 0 + 1 + 4 + 9 + 16
    collect = next(task for task in job.tasks() if task.identifier == "Collect")
    assert len(collect.depends_on) == 5


def test_futures_anywhere_in_a_value(client: Client) -> None:
    job = client.jobs().submit("nested", Nested()).wait(timeout=60)

    assert job.result == {"given": {"a": [1, {"b": 4}], "c": 9}, "returned": [16]}


def test_the_value_of_an_optional_task_that_failed_is_none(client: Client) -> None:
    job = client.jobs().submit("none", OptionalValue()).wait(timeout=60)

    assert (job.state.value, job.result) == ("COMPLETED", "got None")


def test_an_optional_tasks_future_for_a_field_that_needs_it_is_refused(client: Client) -> None:
    job = client.jobs().submit("risky", RiskyField()).wait(timeout=60)

    with pytest.raises(TaskError, match=r"Given\.number is the future of an optional task"):
        _ = job.result
    assert len(job.tasks()) == 1


def test_a_value_that_got_lost_later_fails_the_dependent_without_retries(client: Client) -> None:
    """Inside an optional root nobody can know at submission what will be skipped."""
    job = client.jobs().submit("late", LateLoss()).wait(timeout=60)

    given = next(task for task in job.tasks() if task.identifier == "Given")
    assert given.failure is not None
    assert "Given" in given.failure.message
    assert "number" in given.failure.message
    assert len(client.backend.attempts(given.id)) == 1


@pytest.mark.parametrize(("fails", "heard"), [(False, "result 7"), (True, "ValueError: no luck")])
def test_a_field_that_keeps_the_future_reads_or_raises(
    client: Client, fails: bool, heard: str
) -> None:
    assert client.jobs().submit("keeps", Keeps(fails)).wait(timeout=60).result == heard


def test_a_parent_cannot_wait_for_its_own_subtask(client: Client) -> None:
    job = client.jobs().submit("asks", Asks()).wait(timeout=60)

    assert job.view.failure is not None
    assert job.view.failure.type == "DependencyError"
    assert "subtask runs after the task that submitted it" in job.view.failure.message


def test_values_keep_their_types_through_json(client: Client) -> None:
    value: Any = {"int": 2**70, "float": 0.1, "text": "ü\n\u2028", "none": None, "deep": [[[]]]}
    assert client.jobs().submit("same", Collect([value])).wait(timeout=60).result == [value]


def test_a_value_is_checked_against_the_field_where_it_arrives(client: Client) -> None:
    """A result of another type than the field's is the dependent's failure, not retried."""
    job = client.jobs().submit("wrong", WrongType()).wait(timeout=60)

    given = next(task for task in job.tasks() if task.identifier == "Given")
    assert given.state.value == "FAILED"
    assert given.failure is not None
    assert "number" in given.failure.message
