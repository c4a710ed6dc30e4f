"""Task functions: their parameters, what is injected, and what both styles share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from fairlead import (
    ExecutionContext,
    InvalidRequestError,
    SessionNotFoundError,
    TaskDefinitionError,
    TaskError,
    TaskInputError,
)
from fairlead import sessions as session_style
from fairlead import workflow as workflow_style
from fairlead.sessions import TaskControl, TaskControlHandler, set_task_control_handler

if TYPE_CHECKING:
    from fairlead.sessions import TaskControl as OnlyForCheckers

STYLES = [session_style.task, workflow_style.task]


@session_style.task
def add(one: int, other: int = 2, *, third: int = 0) -> int:
    return one + other + third


@pytest.mark.parametrize("decorate", STYLES)
def test_both_styles_make_the_same_definition(decorate: Any):
    def scale(number: int) -> int:
        return number

    options = {"max_parallel": 3, "size": "large", "name": "a/scale", "version": "v1.2"}
    task = decorate(**options, max_retries=2, timeout=5.0)(scale)
    definition = task.__fairlead__
    assert (definition.identifier, definition.version) == ("a/scale", "v1.2")
    assert definition.source is None
    assert definition.kind == "function"
    assert (definition.options.max_parallel, definition.options.machine_size) == (3, "large")
    assert (definition.options.max_retries, definition.options.timeout) == (2, 5.0)
    assert (task.__name__, task.__wrapped__) == ("scale", scale)


@pytest.mark.parametrize("decorate", STYLES)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_parallel": 0}, InvalidRequestError, "max_parallel must be a whole number above 0"),
        ({"max_retries": -1}, InvalidRequestError, "max_retries must be a whole number from 0"),
        ({"timeout": -1}, InvalidRequestError, "timeout must be seconds above 0"),
        ({"size": ""}, InvalidRequestError, "size must be the name"),
        ({"version": "1.0"}, TaskDefinitionError, "is not a version"),
        ({"name": "", "version": "v1.0"}, TaskDefinitionError, "must be a text"),
        ({"retries": 1}, TypeError, "retries"),
    ],
)
def test_options_out_of_range(decorate: Any, options: Any, error: Any, message: str):
    with pytest.raises(error, match=message):
        decorate(**options)(lambda number: number)


@pytest.mark.parametrize("decorate", STYLES)
def test_parameters_without_names_are_refused(decorate: Any):
    with pytest.raises(TaskDefinitionError, match=r"cannot take \*numbers"):

        @decorate
        def _many(*numbers: int) -> int:
            return sum(numbers)

    with pytest.raises(TaskDefinitionError, match="@task decorates a function"):
        decorate(print)


class TestCallingBySessionStyle:
    def test_it_runs_at_once(self):
        assert add(1) == 3
        assert add(1, 2, third=3) == 6

    @pytest.mark.parametrize(
        ("args", "kwargs", "message"),
        [
            ((), {}, r"add\.one is missing"),
            ((1, 2, 3), {}, r"add takes 2 parameters by position \(one, other\), but got 3"),
            ((1,), {"one": 1}, r"add\.one was given twice"),
            ((1,), {"thrid": 1}, r"did you mean 'third'"),
            (("1",), {}, r"add\.one wants a valid integer"),
        ],
    )
    def test_wrong_arguments_fail_at_the_call(self, args: Any, kwargs: Any, message: str):
        with pytest.raises(TaskInputError, match=message):
            add(*args, **kwargs)

    def test_what_it_raises_is_raised_as_it_is(self):
        error = ValueError("mine")

        @session_style.task
        def fail() -> None:
            raise error

        with pytest.raises(ValueError, match="mine") as caught:
            fail()
        assert caught.value is error

    def test_its_result_goes_through_json(self):
        @session_style.task
        def pair():  # type: ignore[no-untyped-def]
            return {1: (2, 3)}

        assert pair() == {"1": [2, 3]}

    def test_a_coroutine_function_is_run_too(self):
        @session_style.task
        async def later(number: int) -> int:
            await asyncio.sleep(0)
            return number + 1

        assert later(2) == 3

    def test_positional_only_parameters(self):
        @session_style.task
        def power(base: int, exponent: int = 2, /) -> int:
            return base**exponent

        assert (power(3), power(3, 3)) == (9, 27)

    def test_an_instance_needs_a_session(self):
        with pytest.raises(SessionNotFoundError, match="needs an active session"):
            add.instance()


class TestInjection:
    def test_by_annotation_whether_text_or_not(self):
        @session_style.task
        def named(tc: TaskControl, number: int) -> str:
            return f"{tc.task_definition_name} {number}"

        @session_style.task
        def by_name_only(number: int, tc: OnlyForCheckers) -> str:
            return tc.task_definition_name

        @session_style.task
        def by_unresolved_name(number: int, tc: nowhere.TaskControl) -> str:  # type: ignore[name-defined]  # noqa: F821
            return str(tc.task_definition_name)

        assert named(3) == "named 3"
        assert by_unresolved_name(3) == "by_unresolved_name"
        assert [field.name for field in by_name_only.__fairlead__.fields] == ["number", "tc"]

    def test_the_context(self, attempt: Any):
        @workflow_style.task
        def submits(context: ExecutionContext, count: int) -> Any:
            return context.submit_subtasks([submits(count=0)] * count)

        outcome = attempt(submits(count=2))
        assert len(outcome.children) == 2

    def test_a_class_of_the_users_that_has_the_same_name_is_a_plain_field(self):
        class TaskControl:
            pass

        def takes(tc: Any) -> None: ...

        takes.__annotations__["tc"] = TaskControl
        task = session_style.task(takes)
        assert [field.name for field in task.__fairlead__.fields] == ["tc"]


@workflow_style.task
def controlled(tc: TaskControl, progress: float) -> str:
    tc.log("working", level="warning", item=3)
    tc.update_status("busy")
    tc.update_progress(progress, "nearly")
    return "stopped" if tc.should_stop else "done"


class TestTaskControl:
    def test_what_it_says_is_recorded(self, attempt: Any, host: Any):
        host.stopping = True
        outcome = attempt(controlled(progress=50.0))
        assert outcome.result == b'"stopped"'
        assert host.lines == [("warning", "working", {"item": 3})]
        assert (outcome.progress[0].done, outcome.progress[0].total) == (50, 100)
        assert outcome.status_text == "nearly"

    @pytest.mark.parametrize("progress", [-0.1, 100.5, 101.0])
    def test_progress_out_of_range_is_a_value_error(self, attempt: Any, progress: float):
        outcome = attempt(controlled(progress=progress))
        assert outcome.failure.type == "InvalidRequestError"
        assert "progress is a number from 0 to 100" in outcome.failure.message
        assert issubclass(InvalidRequestError, ValueError)

    def test_an_unknown_level_is_refused(self):
        @session_style.task
        def shout(tc: TaskControl) -> None:
            tc.log("x", "loud")

        with pytest.raises(InvalidRequestError, match="'loud' is no log level"):
            shout()

    def test_a_handler_of_three_methods_hears_everything(self, attempt: Any, host: Any):
        heard: list[Any] = []

        class Handler(TaskControlHandler):
            def log(self, task_control: Any, message: str, level: str, **extra: Any) -> None:
                heard.append((task_control.task_definition_name, message, level, extra))

            def update_progress(self, task_control: Any, progress: float, status: Any) -> None:
                heard.append((progress, status))

            def update_status(self, task_control: Any, status: str) -> None:
                heard.append(status)

        set_task_control_handler(Handler())
        try:
            outcome = attempt(controlled(progress=50.0))
        finally:
            set_task_control_handler(None)
        assert heard == [
            ("controlled", "working", "warning", {"item": 3}), "busy", (50.0, "nearly")
        ]  # fmt: skip
        assert outcome.status_text == "nearly"
        assert host.lines == []

    def test_a_handler_may_lack_methods(self, attempt: Any, host: Any):
        class OnlyStatus:
            def update_status(self, task_control: Any, status: str) -> None:
                raise TaskError(status)

        set_task_control_handler(OnlyStatus())
        try:
            outcome = attempt(controlled(progress=50.0))
        finally:
            set_task_control_handler(None)
        assert outcome.failure.message == "busy"
        assert host.lines == [("warning", "working", {"item": 3})]

    def test_a_direct_call_logs_to_stderr(self, capsys: Any):
        assert session_style.task(controlled.__wrapped__)(1.0) == "done"
        assert capsys.readouterr() == ("", "working item=3\n")
