"""Optional tasks: what their failure skips, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client

from .conftest import Gate, begin, executions, run, states
from .programs.pipeline import AlwaysRuns, OptionalProcessing, Pipeline, Step1, Step1B


@pytest.mark.parametrize("inner_is_optional", [False, True])
def test_the_worked_example(client: Client, inner_is_optional: bool) -> None:
    job = client.jobs().submit("pipeline", Pipeline(inner_is_optional)).wait(timeout=60)

    assert job.state.value == "COMPLETED"
    rest = "COMPLETED" if inner_is_optional else "SKIPPED"
    assert states(job) == {
        "Pipeline": "COMPLETED",
        OptionalProcessing.__name__: "COMPLETED",
        AlwaysRuns.__name__: "COMPLETED",
        Step1.__name__: "COMPLETED",
        "Step1A": "COMPLETED",
        Step1B.__name__: "FAILED_OPTIONAL",
        "Step1C": rest,
        "Step2": rest,
    }
    tasks = {task.identifier: task for task in job.tasks()}
    assert (tasks["AlwaysRuns"].started or 0) >= (tasks["Step1B"].ended or 1e99)


def test_an_optional_task_that_succeeds_is_like_any_other(client: Client) -> None:
    job = run(client, {"steps": {"A": {"optional": True}, "B": {"after": ["A"]}}})

    assert states(job) == {"Root": "COMPLETED", "A": "COMPLETED", "B": "COMPLETED"}


def test_an_optional_task_uses_its_retries_first(client: Client) -> None:
    options = {"optional": True, "max_retries": 3, "backoff": 0.01}
    job = run(client, {"steps": {"A": {"fails": 9, **options}, "B": {"after": ["A"]}}})

    assert job.state.value == "COMPLETED"
    assert states(job) == {"Root": "COMPLETED", "A": "FAILED_OPTIONAL", "B": "COMPLETED"}
    assert executions(client, job)["A"] == 4


def test_a_whole_job_may_be_optional(client: Client) -> None:
    job = run(client, {"fails": 1}, optional=True)

    assert job.state.value == "COMPLETED"
    assert states(job) == {"Root": "FAILED_OPTIONAL"}
    assert job.result is None


def test_nothing_under_a_failed_root_is_tried_again(client: Client, gate: Gate) -> None:
    below: dict[str, Any] = {
        "B": {"fails": 9, "max_retries": 9, "gate": str(gate)},
        "C": {"fails": 9, "max_retries": 0},
    }
    job = begin(client, {"steps": {"A": {"optional": True, "steps": below}}})
    gate.reached()
    _until_state(job, "C", "FAILED_OPTIONAL")
    gate.open()
    job.wait(timeout=60)

    assert states(job)["B"] == "FAILED_OPTIONAL"
    assert executions(client, job)["B"] == 1
    assert job.state.value == "COMPLETED"


def test_what_running_tasks_submit_later_is_skipped_at_once(client: Client, gate: Gate) -> None:
    below: dict[str, Any] = {
        "B": {"gate": str(gate), "steps": {"D": {}}},
        "C": {"fails": 9},
    }
    job = begin(client, {"steps": {"A": {"optional": True, "steps": below}, "E": {"after": ["A"]}}})
    gate.reached()
    _until_state(job, "C", "FAILED_OPTIONAL")
    gate.open()
    job.wait(timeout=60)

    assert job.state.value == "COMPLETED"
    assert states(job) == {
        "Root": "COMPLETED", "A": "COMPLETED", "B": "COMPLETED", "C": "FAILED_OPTIONAL",
        "D": "SKIPPED", "E": "COMPLETED",
    }  # fmt: skip


def test_an_inner_optional_task_skips_nothing_outside_itself(client: Client) -> None:
    inner = {"optional": True, "steps": {"C": {"fails": 9}, "D": {"after": ["C"]}}}
    outer = {"optional": True, "steps": {"B": inner, "E": {"after": ["B"]}}}
    job = run(client, {"steps": {"A": outer}})

    assert job.state.value == "COMPLETED"
    assert states(job) == {
        "Root": "COMPLETED", "A": "COMPLETED", "B": "COMPLETED", "C": "FAILED_OPTIONAL",
        "D": "SKIPPED", "E": "COMPLETED",
    }  # fmt: skip


def test_a_skipped_task_says_why(client: Client) -> None:
    steps = {"A": {"optional": True, "steps": {"B": {"fails": 9}, "C": {"after": ["B"]}}}}
    job = run(client, {"steps": steps})

    skipped = next(task for task in job.tasks() if task.identifier == "C")
    assert skipped.state.value == "SKIPPED"
    assert skipped.reason


def _until_state(job: Any, name: str, state: str) -> None:
    from .conftest import until

    until(lambda: states(job).get(name) == state)
