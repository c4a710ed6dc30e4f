"""What a machine that stops between any two lines must not change."""

from __future__ import annotations

import itertools

import pytest

from fairlead import Client
from fairlead.backends.local.engine import Engine

from .conftest import Start, until
from .programs.misbehaving import Ok


def test_a_run_goes_on_by_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment for which its start waits is over before it has begun to wait."""
    seconds = itertools.count()
    monkeypatch.setattr("fairlead.backends.local.waiting.monotonic", lambda: float(next(seconds)))

    run = client.run(Ok(1))

    until(lambda: run.status == "completed")


def test_a_job_that_only_others_can_run_is_let_go(
    client: Client, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time is up while other things keep the engine busy."""
    submitting = start("steps", "submit", 3)
    assert submitting.stdout is not None
    job = client.jobs().find(submitting.stdout.readline().strip())
    monkeypatch.setattr(Engine, "is_stuck", lambda engine, number: False)
    with pytest.raises(TimeoutError):
        job.wait(timeout=0.01)

    assert not job.view.driven


def test_a_wait_of_no_length_only_looks(client: Client) -> None:
    job = client.jobs().submit("later", Ok(1))
    with pytest.raises(TimeoutError):
        job.wait(timeout=0)

    assert not job.view.driven
    assert job.state.value == "QUEUED"
