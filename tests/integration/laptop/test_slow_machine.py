"""What a machine that stops between any two lines must not change."""

from __future__ import annotations

import itertools

import pytest

from fairlead import Client

from .conftest import until
from .programs.misbehaving import Ok


def test_a_run_goes_on_by_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment for which its start waits is over before it has begun to wait."""
    seconds = itertools.count()
    monkeypatch.setattr("fairlead.backends.local.waiting.monotonic", lambda: float(next(seconds)))

    run = client.run(Ok(1))

    until(lambda: run.status == "completed")


def test_a_wait_of_no_length_only_looks(client: Client) -> None:
    job = client.jobs().submit("later", Ok(1))
    with pytest.raises(TimeoutError):
        job.wait(timeout=0)

    assert not job.view.driven
    assert job.state.value == "QUEUED"
