"""Cancelling jobs and tasks, and asking tasks to stop."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead import Client, Job, TaskCancelledError

from .conftest import BEGINS_AT_ONCE, Gate, begin, executions, states, until
from .programs.steps import Root


class TestJob:
    @pytest.mark.laptop_only(BEGINS_AT_ONCE)
    def test_before_it_has_begun(self, client: Client) -> None:
        job = client.jobs().submit("early", Root())
        client.jobs().cancel(job)

        assert job.state.value == "CANCELLED"
        assert states(job) == {"Root": "CANCELLED"}
        assert executions(client, job) == {"Root": 0}
        with pytest.raises(TaskCancelledError):
            _ = job.result

    def test_while_it_runs_a_task_that_stops_keeps_its_result(
        self, client: Client, gate: Gate
    ) -> None:
        steps = {"A": {"gate": str(gate), "stops": True}, "B": {"after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.jobs().cancel(job.name)
        job.wait(timeout=60)

        assert job.state.value == "CANCELLED"
        assert states(job) == {"Root": "COMPUTED", "A": "COMPLETED", "B": "CANCELLED"}
        stopped = _task(job, "A")
        assert client.backend.result(stopped.id) == b'"stopped"'

    def test_one_that_does_not_stop_is_cancelled(
        self, client: Client, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FAIRLEAD_GRACE", "0.1")
        job = begin(client, {"gate": str(gate)})
        gate.reached()
        client.jobs().cancel(job)
        job.wait(timeout=60)

        assert job.state.value == "CANCELLED"
        assert states(job) == {"Root": "CANCELLED"}

    def test_a_job_that_has_ended_stays_as_it_is(self, client: Client) -> None:
        job = client.jobs().submit("done", Root({"returns": 1})).wait(timeout=60)
        client.jobs().cancel(job)

        assert (job.state.value, job.result) == ("COMPLETED", 1)

    @pytest.mark.laptop_only(BEGINS_AT_ONCE)
    def test_cancelling_twice(self, client: Client) -> None:
        job = client.jobs().submit("twice", Root())
        client.jobs().cancel(job)
        client.jobs().cancel(job)

        assert job.state.value == "CANCELLED"


class TestTask:
    def test_it_and_its_descendants_are_cancelled_and_the_job_fails(
        self, client: Client, gate: Gate
    ) -> None:
        steps = {"A": {"steps": {"B": {"gate": str(gate), "stops": True}}}, "C": {"after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.cancel_task(_task(job, "A").id)
        job.wait(timeout=60)

        assert job.state.value == "FAILED"
        assert job.view.reason == "TaskCancelled"
        with pytest.raises(TaskCancelledError, match=r"A .* was cancelled"):
            _ = job.result
        assert states(job) == {
            "Root": "COMPUTED", "A": "CANCELLED", "B": "CANCELLED", "C": "CANCELLED",
        }  # fmt: skip

    def test_an_optional_root_lets_its_dependents_run(self, client: Client, gate: Gate) -> None:
        below = {"B": {"gate": str(gate), "stops": True}}
        steps = {"A": {"optional": True, "steps": below}, "C": {"after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.cancel_task(_task(job, "A").id)
        job.wait(timeout=60)

        assert job.state.value == "COMPLETED"
        assert states(job) == {
            "Root": "COMPLETED", "A": "CANCELLED", "B": "CANCELLED", "C": "COMPLETED",
        }  # fmt: skip

    def test_below_an_optional_root_its_siblings_are_skipped(
        self, client: Client, gate: Gate
    ) -> None:
        below: dict[str, Any] = {"B": {"gate": str(gate), "stops": True}, "D": {"after": ["B"]}}
        steps = {"A": {"optional": True, "steps": below}, "C": {"after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.cancel_task(_task(job, "B").id)
        job.wait(timeout=60)

        assert job.state.value == "COMPLETED"
        assert states(job) == {
            "Root": "COMPLETED", "A": "COMPLETED", "B": "CANCELLED", "C": "COMPLETED",
            "D": "SKIPPED",
        }  # fmt: skip

    def test_before_it_has_started(self, client: Client, gate: Gate) -> None:
        steps = {"A": {"gate": str(gate)}, "B": {"optional": True, "after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.cancel_task(_task(job, "B").id)
        gate.open()
        job.wait(timeout=60)

        assert job.state.value == "COMPLETED"
        assert states(job) == {"Root": "COMPLETED", "A": "COMPLETED", "B": "CANCELLED"}

    def test_one_that_has_ended_stays_as_it_is(self, client: Client) -> None:
        job = client.jobs().submit("done", Root()).wait(timeout=60)
        client.backend.cancel_task(_task(job, "Root").id)

        assert job.state.value == "COMPLETED"
        assert states(job) == {"Root": "COMPLETED"}


class TestStop:
    def test_it_keeps_what_it_returns_and_the_job_goes_on(self, client: Client, gate: Gate) -> None:
        steps = {"A": {"gate": str(gate), "stops": True}, "B": {"after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.stop_task(_task(job, "A").id)
        job.wait(timeout=60)

        assert job.state.value == "COMPLETED"
        assert set(states(job).values()) == {"COMPLETED"}

    def test_one_that_does_not_look_goes_on(self, client: Client, gate: Gate) -> None:
        job = begin(client, {"gate": str(gate), "returns": "all of it"})
        gate.reached()
        client.backend.stop_task(_task(job, "Root").id)
        gate.open()

        assert job.wait(timeout=60).result == "all of it"

    def test_before_the_start_it_is_a_cancellation(self, client: Client, gate: Gate) -> None:
        steps = {"A": {"gate": str(gate)}, "B": {"optional": True, "after": ["A"]}}
        job = begin(client, {"steps": steps})
        gate.reached()
        client.backend.stop_task(_task(job, "B").id)
        gate.open()
        job.wait(timeout=60)

        assert states(job)["B"] == "CANCELLED"


class TestRenewed:
    """Tasks of a job that has been retried are other objects under the same keys."""

    @pytest.mark.laptop_only(BEGINS_AT_ONCE)
    def test_they_can_be_cancelled_and_waited_for(self, client: Client, gate: Gate) -> None:
        job = client.jobs().submit("again", Root({"gate": str(gate), "stops": True}))
        old = _task(job, "Root")
        client.jobs().cancel(job)
        client.jobs().retry(job)
        new = _task(job, "Root")
        assert new.id != old.id
        _drive(job)
        gate.reached()

        client.backend.cancel_task(old.id)  # it has ended; the new one goes on
        assert states(job) == {"Root": "RUNNING"}
        ended: list[str] = []
        client.backend.on_task_end(new.id, lambda: ended.append(new.id))
        client.backend.cancel_task(new.id)
        assert client.backend.wait_task(new.id, 10).state.value == "CANCELLED"
        until(lambda: ended)
        assert job.wait(timeout=60).state.value == "FAILED"


def _task(job: Job, name: str) -> Any:
    until(lambda: any(task.identifier == name for task in job.tasks()))
    return next(task for task in job.tasks() if task.identifier == name)


def _drive(job: Job) -> None:
    from .conftest import drive

    drive(job)
