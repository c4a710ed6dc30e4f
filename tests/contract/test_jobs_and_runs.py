"""Jobs and runs, as a program that submits them sees them."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fairlead import (
    Client,
    InvalidRequestError,
    JobState,
    MachineGroup,
    NotFoundError,
    TaskError,
    TaskInputError,
    TaskRun,
)
from fairlead.sdk.picture import JobPicture

from .conftest import BEGINS_AT_ONCE
from .programs.styles import LeaveFile, OwnError, PeekAtFailure, Raise, Square, SumOfSquares, fetch

NUMBERS = [12, 345, 453, 21, 45, 98]


class TestJobs:
    def test_the_sum_of_squares(self, client: Client, capfd: pytest.CaptureFixture[str]) -> None:
        job = client.jobs().submit("squares", SumOfSquares(NUMBERS))
        assert (job.name, len(job.id)) == ("squares", 25)
        assert job.wait().result == 336448
        assert len(job.tasks()) == 8
        assert "Computed sum of squares result=336448\n" in capfd.readouterr().err

    def test_the_failure_is_raised_as_its_own_class(self, client: Client) -> None:
        job = client.jobs().submit("bad", Raise("no"))
        with pytest.raises(OwnError) as caught:
            _ = job.result
        assert caught.value.args == ("no", 3)
        assert "raise OwnError(self.message, 3)" in str(caught.value.__cause__)
        assert job.state is JobState.FAILED

    def test_a_field_that_keeps_a_future_can_look_behind_it(self, client: Client) -> None:
        job = client.jobs().submit("peek", PeekAtFailure())
        assert job.result == "OwnError hidden"

    def test_it_is_found_by_id_and_by_name(self, client: Client) -> None:
        jobs = client.jobs()
        first, second = (jobs.submit("same", Square(number)) for number in (1, 2))
        assert jobs.find(first.id).id == first.id
        assert jobs.find("same").id == second.id
        assert jobs.find(first).id == first.id
        assert [job.id for job in jobs.query(name="same")] == [second.id, first.id]
        assert [job.id for job in jobs.query(states=["CANCELLED"])] == []
        with pytest.raises(NotFoundError, match="nowhere"):
            jobs.find("nowhere")

    def test_a_function_is_submitted_with_its_arguments(self, client: Client) -> None:
        assert client.jobs().submit("f", fetch(city="Tokyo")).result == "Weather for Tokyo"

    @pytest.mark.laptop_only(BEGINS_AT_ONCE)
    def test_cancel_suspend_and_resume(self, client: Client) -> None:
        jobs = client.jobs()
        job = jobs.submit("one", Square(1))
        jobs.suspend(job)
        assert job.state is JobState.SUSPENDED
        jobs.resume("one")
        assert job.wait().state is JobState.COMPLETED
        other = jobs.submit("other", Square(1))
        jobs.cancel(other)
        assert other.wait().state is JobState.CANCELLED
        with pytest.raises(TaskError, match="was cancelled"):
            _ = other.result

    def test_retry(self, client: Client) -> None:
        job = client.jobs().submit("bad", Raise("no")).wait()
        assert client.jobs().retry(job) == 1
        assert job.wait().state is JobState.FAILED
        assert (len(job.tasks()), len(job.tasks(history=True))) == (1, 2)

    def test_a_clone_has_the_same_input_and_its_own_ids(self, client: Client) -> None:
        job = client.jobs().submit("squares", SumOfSquares([1, 2])).wait()
        clone = client.jobs().clone(job)
        assert clone.result == job.result == 5
        assert clone.id != job.id
        assert {task.id for task in clone.tasks()}.isdisjoint(task.id for task in job.tasks())
        assert client.backend.job(clone.id).lineage == job.id

    @pytest.mark.laptop_only(BEGINS_AT_ONCE)
    def test_waiting_no_longer_than_asked(self, client: Client) -> None:
        job = client.jobs().submit("one", Square(1))
        client.jobs().suspend(job)
        with pytest.raises(TimeoutError, match=r"has not ended after 0\.05 s"):
            job.wait(timeout=0.05)

    def test_the_picture(self, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
        job = client.jobs().submit("squares", SumOfSquares(NUMBERS)).wait()
        capsys.readouterr()
        picture = client.jobs().display(job)
        assert isinstance(picture, JobPicture)
        text = capsys.readouterr().out
        assert text == f"{picture}\n"
        assert "Square x6" in text
        assert picture._repr_svg_() == picture.svg()
        assert picture.svg().startswith("<svg")

    def test_the_picture_where_the_output_takes_ascii_only(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = client.jobs().submit("squares", SumOfSquares(NUMBERS)).wait()
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
        client.jobs().display(job)
        sys.stdout.flush()
        assert b"\\u2514\\u2500 Sum" in written.getvalue()

    @pytest.mark.parametrize(
        ("name", "tasks", "options", "error", "message"),
        [
            ("", Square(1), {}, InvalidRequestError, "a job's name"),
            ("job", [], {}, InvalidRequestError, "has no task"),
            ("job", 3, {}, InvalidRequestError, "is no task"),
            ("job", Square(1), {"max_retries": -1}, InvalidRequestError, "max_retries"),
        ],
    )
    def test_bad_input_stores_nothing(
        self, client: Client, name: str, tasks: Any, options: Any, error: Any, message: str
    ) -> None:
        with pytest.raises(error, match=message):
            client.jobs().submit(name, tasks, **options)
        assert client.jobs().query() == []

    def test_a_value_that_went_wrong_after_construction_stores_nothing(
        self, client: Client
    ) -> None:
        task = Square(1)
        task.number = "one"  # type: ignore[assignment]
        with pytest.raises(TaskInputError, match=r"Square\.number"):
            client.jobs().submit("job", task)
        assert client.jobs().query() == []


class TestRuns:
    def test_the_hints(self, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
        run = client.run(LeaveFile("hello"))
        assert capsys.readouterr().out == (
            "Number of tasks ahead in the queue: 0.\n"
            "· Consider tracking the status of the task via CLI:\n"
            f"    fairlead tasks list --id {run.id}\n"
            "· Or, tracking the logs of the task via CLI:\n"
            f"    fairlead logs {run.id}\n"
            "· Or, track the task files in real time with:\n"
            f"    fairlead tasks list-files {run.id}\n"
            "· You can also get more information about the task via the CLI command:\n"
            f"    fairlead tasks info {run.id}\n"
        )
        assert len(run.id) == 25

    def test_every_call_is_a_run_of_its_own(self, client: Client, tmp_path: Path) -> None:
        first, second = client.run(LeaveFile("one")), client.run(LeaveFile("one"))
        assert first.id != second.id
        assert first.wait() is first
        assert (first.status, first.state.value, first.result()) == (
            "completed", "COMPLETED", "one"
        )  # fmt: skip
        assert first.get_position_in_queue() is None
        assert first.list_files() == ["out.txt"]
        first.download(str(tmp_path / "here"))
        assert (tmp_path / "here" / "out.txt").read_text() == "one"

    def test_a_failure(self, client: Client) -> None:
        run = client.run(Raise("no"))
        with pytest.raises(OwnError, match="no"):
            run.result()
        assert run.status == "failed"

    def test_killing(self, client: Client) -> None:
        run = client.run(Square(1))
        run.kill()
        assert run.wait().status in ("cancelled", "completed")

    def test_metadata(self, client: Client) -> None:
        run = client.run(Square(1))
        assert run.get_metadata() == {}
        run.set_metadata({"a": "b", "c": "1"})
        assert TaskRun(run.id).get_metadata() == {"a": "b", "c": "1"}

    @pytest.mark.parametrize(
        ("metadata", "error"),
        [
            (["a"], TypeError),
            ({"a": 1}, TypeError),
            ({1: "a"}, TypeError),
            ({"": "a"}, ValueError),
            ({"a": ""}, ValueError),
        ],
    )
    def test_metadata_that_is_none(self, client: Client, metadata: Any, error: Any) -> None:
        run = client.run(Square(1))
        with pytest.raises(error, match="metadata"):
            run.set_metadata(metadata)
        assert run.get_metadata() == {}

    def test_another_process_attaches_by_id(self, client: Client) -> None:
        run = client.run(Square(7)).wait()
        code = f"from fairlead import TaskRun; r = TaskRun({run.id!r}); print(r.status, r.result())"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "completed 49\n"

    def test_nothing_is_looked_up_before_it_is_used(self, client: Client) -> None:
        run = TaskRun("nowhere")
        assert repr(run) == "TaskRun('nowhere')"
        with pytest.raises(NotFoundError, match="nowhere"):
            _ = run.status
        with pytest.raises(InvalidRequestError, match="a run's id is a text"):
            TaskRun("")


class TestMachineGroups:
    def test_a_run_on_a_group(self, client: Client) -> None:
        group = MachineGroup("small", num_machines=2)
        with pytest.raises(TaskError, match="start a group before"):
            client.run(Square(3), on=group)
        with group:
            assert client.run(Square(3), on=group).result() == 9
        with pytest.raises(TaskError, match="is not running"):
            client.run(Square(3), on=group)
        with pytest.raises(TaskError, match="make a new group"):
            group.start()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"size": ""}, "size must name"),
            ({"size": "s", "num_machines": 0}, "num_machines must be"),
            ({"size": "s", "min_machines": -1}, "min_machines must be"),
            ({"size": "s", "min_machines": 3, "max_machines": 2}, "is above max_machines=2"),
            ({"size": "s", "max_idle_time": -1}, "max_idle_time must be"),
        ],
    )
    def test_a_group_that_cannot_be(self, arguments: Any, message: str) -> None:
        with pytest.raises(InvalidRequestError, match=message):
            MachineGroup(**arguments)


@pytest.mark.parametrize("backend", ["nowhere", "LOCAL"])
def test_an_unknown_backend_is_refused_at_once(backend: str) -> None:
    with pytest.raises(InvalidRequestError, match="choose one of kubernetes, local"):
        Client(backend)
