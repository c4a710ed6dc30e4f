"""What is given in the wrong place gets a sentence that says so, not an error from the inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead import (
    Client,
    ExecutionContext,
    InvalidRequestError,
    Job,
    Task,
    TaskArgumentError,
    TaskRun,
)
from fairlead.sdk.backend import Failure
from fairlead.sessions import Session, task
from fairlead.workflow import task as workflow_task


class Echo(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        return self.number


@task
def echo(number: int) -> int:
    return number


@pytest.mark.parametrize("timeout", ["1", float("nan"), True, [1]])
@pytest.mark.parametrize(
    "wait",
    [
        lambda timeout: Job(Client(), "some").wait(timeout),
        lambda timeout: TaskRun("some").wait(timeout),
        lambda timeout: TaskRun("some").result(timeout),
    ],
    ids=["job", "run", "result"],
)
def test_a_wait_takes_seconds(wait: Callable[[Any], Any], timeout: Any) -> None:
    with pytest.raises(InvalidRequestError, match="timeout must be seconds to wait, or None"):
        wait(timeout)


def test_the_wait_for_a_future_takes_seconds_and_what_is_below_zero_is_no_wait() -> None:
    with Session():
        future = echo.instance().start(3)
        with pytest.raises(InvalidRequestError, match="not '1'"):
            future.result(timeout="1")  # type: ignore[arg-type]
        assert future.result() == 3
        assert future.result(timeout=-1) == 3


def test_a_run_takes_a_machine_group_and_no_name_of_one() -> None:
    with pytest.raises(InvalidRequestError, match="on takes a MachineGroup, not str 'fast'"):
        Client().run(Echo(1), on="fast")  # type: ignore[arg-type]
    assert Client().jobs().query() == []


def test_a_runner_takes_a_list_of_definitions() -> None:
    with pytest.raises(InvalidRequestError, match="tasks takes a list of task classes"):
        Client().runner(tasks=Echo)  # type: ignore[arg-type]


def test_several_subtasks_come_in_a_list() -> None:
    class Root(Task):
        def execute(self, context: ExecutionContext) -> None:
            context.submit_subtasks(Echo(1))  # type: ignore[call-overload]

    job = Client().jobs().submit("root", Root()).wait()
    with pytest.raises(InvalidRequestError, match="takes a list of tasks, not Echo"):
        _ = job.result


@pytest.mark.parametrize("decorator", [task, workflow_task], ids=["session", "workflow"])
def test_an_unknown_option_of_a_decorator_is_named(decorator: Any) -> None:
    with pytest.raises(TaskArgumentError, match="no option 'max_parallell'; it has max_parallel"):
        decorator(max_parallell=3)


@pytest.mark.parametrize(
    ("message", "summary"), [("no tiles", "ValueError: no tiles"), ("", "ValueError")]
)
def test_a_failure_without_a_message_is_summed_up_by_its_type(message: str, summary: str) -> None:
    assert Failure("ERROR", "ValueError", message).summary == summary
