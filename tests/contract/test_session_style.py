"""Sessions: instances, their futures, and what leaving the block does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairlead import (
    Client,
    DependencyError,
    MaxInstancesReachedError,
    SessionError,
    TaskCancelledError,
    TaskError,
    TaskInputError,
)
from fairlead.sessions import Session

from .conftest import Gate, until
from .programs.styles import OwnError, double, fail, fetch, later, slow_double, tell, until_stopped


def test_five_instances_at_three_in_parallel(client: Client) -> None:
    with Session(name="batch") as session:
        futures = [slow_double.instance().start(number) for number in range(5)]
        assert [future.result() for future in futures] == [0, 2, 4, 6, 8]
        assert [(future.status, future.done, future.error) for future in futures] == [
            ("completed", True, None)
        ] * 5
    assert client.jobs().find(session.id).name == "batch"
    assert client.jobs().find(session.id).state.value == "COMPLETED"


def test_leaving_the_block_waits_for_what_runs(client: Client) -> None:
    with Session():
        futures = [double.instance().start(number) for number in range(10)]
    assert [future.status for future in futures] == ["completed"] * 10


def test_a_future_as_an_argument_is_a_dependency_and_a_value(client: Client) -> None:
    with Session():
        first = double.instance().start(1)
        second = double.instance().start(first)  # type: ignore[arg-type]
        assert double.instance().start(number=second).result() == 8


def test_a_failure_is_raised_as_its_own_class_and_fails_nothing_else(client: Client) -> None:
    with Session() as session:
        failed = fail.instance().start("Simulated error")
        with pytest.raises(OwnError, match="Simulated error"):
            failed.result()
        assert (failed.status, failed.done) == ("failed", True)
        assert isinstance(failed.error, OwnError)
        dependent = double.instance().start(failed)  # type: ignore[arg-type]
        with pytest.raises(TaskInputError, match=rf"double\.number needs .* task {failed.id}"):
            dependent.result()
        assert double.instance().start(2).result() == 4
    assert client.jobs().find(session.id).state.value == "COMPLETED"


def test_stop_asks_and_keeps_the_result(client: Client, gate: Gate) -> None:
    with Session():
        instance = until_stopped.instance()
        future = instance.start(str(gate))
        gate.reached()
        assert instance.status == "running"
        instance.stop()
        assert future.result(timeout=60) == "Cancelled"
        assert future.status == "completed"


def test_cancel_discards_and_raises_at_once(client: Client, gate: Gate) -> None:
    with Session():
        future = until_stopped.instance().start(str(gate))
        gate.reached()
        with pytest.raises(TimeoutError):
            future.result(timeout=0.01)
        assert future.cancel()
        assert future.cancel()
        with pytest.raises(TaskCancelledError):
            future.result()
        assert (future.status, future.done) == ("cancelled", True)
        assert isinstance(future.error, TaskCancelledError)
        gate.open()
        done = double.instance().start(1)
        assert done.result() == 2
        assert not done.cancel()
        assert done.result() == 2


def test_too_many_are_an_error_where_there_is_no_queue(client: Client, gate: Gate) -> None:
    with Session(queue=False) as session:
        running = [until_stopped.instance().start(str(gate)) for _ in range(2)]
        with pytest.raises(MaxInstancesReachedError, match="max_parallel=2"):
            session.instance(until_stopped).start(str(gate))
        gate.open()
        assert [future.result() for future in running] == ["Opened", "Opened"]
        until(lambda: session._running[until_stopped.__fairlead__] == 0)
        assert session.instance(until_stopped).start(str(gate)).result() == "Opened"


def test_an_exception_cancels_what_runs(client: Client, gate: Gate) -> None:
    futures: list[Any] = []

    def leave() -> None:
        with Session():
            futures.append(until_stopped.instance().start(str(gate)))
            futures.append(double.instance().start(1))
            gate.reached()
            raise OwnError("out")

    with pytest.raises(OwnError, match="out"):
        leave()
    assert futures[0].done


def test_awaiting(client: Client) -> None:
    async def main() -> list[int]:
        async with Session() as session:
            futures = [session.instance(later).start(number) for number in range(3)]
            return list(await asyncio.gather(*futures))

    assert asyncio.run(main()) == [1, 2, 3]


def test_what_it_tells_is_recorded(client: Client) -> None:
    with Session():
        future = tell.instance().start()
        assert future.result() == "told"
    view = client.backend.task(future.id)
    assert view.status_text == "nearly half"
    assert [(one.done, one.total) for one in view.progress] == [(40, 100)]
    lines = [(line.level, line.message, line.fields) for line in client.jobs().logs(view.job_id)]
    assert ("warning", "half", {"of": "it"}) in lines


class TestMistakes:
    def test_starting_twice(self, client: Client) -> None:
        with Session():
            instance = double.instance()
            with pytest.raises(TaskError, match="has not been started yet"):
                _ = instance.future
            assert instance.start(1).result() == 2
            with pytest.raises(TaskError, match="has already been started"):
                instance.start(1)
            assert instance.result == 2

    def test_wrong_arguments_start_nothing(self, client: Client) -> None:
        with Session() as session:
            with pytest.raises(TaskInputError, match=r"double\.number"):
                double.instance().start("x")
            with pytest.raises(TypeError, match=r"double has no parameter 'nmber'"):
                double.instance().start(nmber=1)
        assert client.jobs().find(session.id).tasks() == []

    def test_a_session_that_is_over(self, client: Client) -> None:
        with Session() as session:
            pass
        with pytest.raises(SessionError, match="its block has been left"):
            session.instance(double)
        with pytest.raises(SessionError, match="cannot be entered again"), session:
            pass

    def test_a_future_of_another_session(self, client: Client) -> None:
        with Session():
            foreign = double.instance().start(1)
            with Session(), pytest.raises(DependencyError, match="of another session"):
                double.instance().start(foreign)  # type: ignore[arg-type]

    def test_an_inner_session_gives_way_to_the_outer(self, client: Client) -> None:
        with Session() as outer:
            with Session() as inner:
                assert double.instance().session is inner
            assert double.instance().session is outer


def test_a_task_of_the_other_style_is_started_by_name(client: Client) -> None:
    with Session():
        assert fetch.instance().start("Tokyo").result() == "Weather for Tokyo"
