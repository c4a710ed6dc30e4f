"""Suspending and resuming jobs."""

from __future__ import annotations

import pytest

from fairlead import Client

from .conftest import BEGINS_AT_ONCE, Gate, begin, drive, states, until
from .programs.steps import A, Root


def test_nothing_new_starts_and_what_runs_finishes(client: Client, gate: Gate) -> None:
    steps = {"A": {"gate": str(gate)}, "B": {"after": ["A"]}}
    job = begin(client, {"steps": steps})
    gate.reached()
    client.jobs().suspend(job)
    assert job.state.value == "SUSPENDED"
    gate.open()
    until(lambda: states(job)["A"] == "COMPLETED")

    with pytest.raises(TimeoutError):
        job.wait(timeout=0.2)
    assert states(job)["B"] == "QUEUED"
    client.jobs().resume(job)
    assert job.wait(timeout=60).state.value == "COMPLETED"
    assert states(job)["B"] == "COMPLETED"


@pytest.mark.laptop_only(BEGINS_AT_ONCE)
def test_a_job_that_nobody_runs_yet(client: Client) -> None:
    job = client.jobs().submit("later", Root({"returns": 5}))
    client.jobs().suspend(job)
    client.runner(tasks=[Root]).run_all()
    assert job.state.value == "SUSPENDED"
    assert states(job) == {"Root": "QUEUED"}
    assert [task.reason for task in job.tasks()] == [None]

    client.jobs().resume(job)
    assert job.state.value == "QUEUED"
    assert job.wait(timeout=60).result == 5


@pytest.mark.laptop_only(BEGINS_AT_ONCE)
def test_a_suspended_job_can_be_cancelled(client: Client) -> None:
    job = client.jobs().submit("away", Root())
    client.jobs().suspend(job)
    client.jobs().cancel(job)

    assert job.state.value == "CANCELLED"


@pytest.mark.laptop_only(BEGINS_AT_ONCE)
def test_others_go_on_meanwhile(client: Client) -> None:
    suspended = client.jobs().submit("one", Root())
    other = client.jobs().submit("other", A({"returns": 2}))
    client.jobs().suspend(suspended)
    drive(other)

    assert other.wait(timeout=60).result == 2
    assert suspended.state.value == "SUSPENDED"


@pytest.mark.laptop_only(BEGINS_AT_ONCE)
def test_a_time_limit_on_waiting_does_not_run_while_suspended(client: Client) -> None:
    job = client.jobs().submit("patient", Root({"returns": 1}), queue_timeout=3.0)
    client.jobs().suspend(job)
    with pytest.raises(TimeoutError):
        job.wait(timeout=3.1)
    client.jobs().resume(job)

    assert job.wait(timeout=60).state.value == "COMPLETED"
