"""A job that fails: what still runs, what is cancelled, and what is told."""

from __future__ import annotations

import pytest

from fairlead import Client, TaskError

from .conftest import Gate, begin, executions, run, states, until
from .programs.raising import RaiseOwn, RaiseUnbuildable, ReturnSet
from .programs.steps import A, Root


def test_the_first_failure_cancels_what_is_queued_and_is_the_reason(client: Client) -> None:
    job = run(client, {"steps": {"A": {"fails": 1}, "B": {"after": ["A"]}}})

    assert job.state.value == "FAILED"
    assert states(job) == {"Root": "COMPUTED", "A": "FAILED", "B": "CANCELLED"}
    failure = job.view.failure
    assert failure is not None
    assert (failure.type, failure.message) == ("ValueError", "A fails")
    with pytest.raises(ValueError, match=r"^A fails$"):
        _ = job.result


def test_running_tasks_are_asked_to_stop_and_keep_their_success(client: Client, gate: Gate) -> None:
    other = str(gate) + "-b"
    steps = {
        "A": {"fails": 1, "gate": str(gate)},
        "B": {"gate": other, "stops": True, "steps": {"C": {}}},
    }
    job = begin(client, {"steps": steps})
    gate.reached()
    until(lambda: _exists(other + ".reached"))
    gate.open()
    job.wait(timeout=60)

    assert job.state.value == "FAILED"
    assert states(job) == {"Root": "COMPUTED", "A": "FAILED", "B": "COMPUTED", "C": "CANCELLED"}


def test_one_that_raises_meanwhile_is_cancelled_and_not_tried_again(
    client: Client, gate: Gate
) -> None:
    other = str(gate) + "-b"
    steps = {
        "A": {"fails": 1, "gate": str(gate)},
        "B": {"gate": other, "fails": 1, "max_retries": 5},
    }
    job = begin(client, {"steps": steps})
    gate.reached()
    until(lambda: _exists(other + ".reached"))
    gate.open()
    until(lambda: states(job)["A"] == "FAILED")
    until(lambda: (job.view.reason or "").startswith("Failing"))
    assert job.state.value == "RUNNING"
    open(other, "w").close()
    job.wait(timeout=60)

    assert states(job)["B"] == "CANCELLED"
    assert executions(client, job)["B"] == 1
    assert job.view.failure is not None
    assert job.view.failure.message == "A fails"


def test_a_task_that_does_not_stop_is_ended_after_the_grace_period(
    client: Client, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLEAD_GRACE", "0.1")
    other = str(gate) + "-never"
    steps = {"A": {"fails": 1, "gate": str(gate)}, "B": {"gate": other}}
    job = begin(client, {"steps": steps})
    gate.reached()
    until(lambda: _exists(other + ".reached"))
    gate.open()
    job.wait(timeout=60)

    assert states(job) == {"Root": "COMPUTED", "A": "FAILED", "B": "CANCELLED"}
    open(other, "w").close()


def test_tasks_waiting_for_their_next_try_are_cancelled(client: Client) -> None:
    steps = {
        "A": {"fails": 1, "max_retries": 1, "backoff": 600, "max_backoff": 600},
        "B": {"fails": 1, "max_retries": 1, "backoff": 0.3},
        "C": {"after": ["A"]},
    }
    steps["B"]["fails"] = 9
    job = run(client, {"steps": steps})

    assert states(job) == {"Root": "COMPUTED", "A": "CANCELLED", "B": "FAILED", "C": "CANCELLED"}


def test_the_exceptions_own_class_is_raised_with_the_remote_traceback(client: Client) -> None:
    job = client.jobs().submit("own", RaiseOwn("a", 3)).wait(timeout=60)

    from .programs.raising import OwnError

    with pytest.raises(OwnError) as caught:
        _ = job.result
    assert caught.value.args == ("a", 3)
    assert "raise OwnError(self.text, self.number)" in str(caught.value.__cause__)


def test_what_cannot_be_rebuilt_is_a_task_error_with_its_name(client: Client) -> None:
    job = client.jobs().submit("unbuildable", RaiseUnbuildable()).wait(timeout=60)

    with pytest.raises(TaskError, match="UnbuildableError: it broke at <object") as caught:
        _ = job.result
    assert "raise UnbuildableError(object())" in str(caught.value.__cause__)


def test_a_result_that_is_no_json_fails_the_task_and_is_not_tried_again(client: Client) -> None:
    job = client.jobs().submit("set", ReturnSet(), max_retries=3).wait(timeout=60)

    assert executions(client, job) == {"ReturnSet": 1}
    with pytest.raises(TaskError, match=r"ReturnSet returned .* at result\.connection.*JSON"):
        _ = job.result


@pytest.mark.laptop_only("who runs here is chosen by the program")
def test_a_task_that_nobody_starts_in_time_fails(client: Client) -> None:
    job = client.jobs().submit("waits", Root(), queue_timeout=0.2, max_retries=3)
    client.runner(tasks=[A]).run_all()

    assert states(job) == {"Root": "FAILED"}
    assert executions(client, job) == {"Root": 0}
    with pytest.raises(TimeoutError, match=r"Root .* never started: .* within 0\.2 s"):
        _ = job.result


def _exists(path: str) -> bool:
    import os

    return os.path.exists(path)
