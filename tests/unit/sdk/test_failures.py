"""Exceptions as data and back."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from fairlead import NonRetryableError, TaskCancelledError, TaskError
from fairlead.core.outcomes import OutcomeKind
from fairlead.errors import JobFailedError, ProgramError
from fairlead.sdk.attempt import Upstream
from fairlead.sdk.backend import Failure
from fairlead.sdk.failures import MAX_MESSAGE, error_of, failure_of, upstream_result


class OwnError(Exception):
    pass


class NeedsTwoError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class RudeError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no message")


def raised(error: BaseException) -> Failure:
    """Return the failure of an error that has a traceback."""
    try:
        raise error
    except BaseException as caught:
        return failure_of(caught, OutcomeKind.ERROR)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Simulated error"),
        ValueError(),
        ValueError("two", 3),
        KeyError("key"),
        OwnError("mine", {"a": [1]}),
        NonRetryableError("no"),
        FileNotFoundError(2, "No such file or directory", "/nowhere"),
        ZeroDivisionError("division by zero"),
        RecursionError("maximum recursion depth exceeded"),
    ],
    ids=repr,
)
def test_an_exception_comes_back_as_its_own_class(error: Exception):
    back = error_of(raised(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.args == error.args
    assert type(error).__name__ in str(back.__cause__)
    assert "in raised" in str(back.__cause__)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NeedsTwoError(1, 2), r"NeedsTwoError: 1 and 2$"),
        (ValueError(object), r"^ValueError: <class 'object'>$"),
        (ValueError((1, 2)), r"^ValueError: \(1, 2\)$"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), r"^UnicodeDecodeError: 'utf-8' codec"),
        (KeyboardInterrupt("stop"), "^KeyboardInterrupt: stop$"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_rebuilt_is_a_task_error_that_says_what_it_was(
    error: BaseException, message: str
):
    back = error_of(raised(error))
    assert type(back) is TaskError
    with pytest.raises(TaskError, match=message):
        raise back


def failure(**changes: Any) -> Failure:
    values = {"kind": "ERROR", "type": "ValueError", "message": "m", "module": "builtins"}
    return Failure(**{**values, "arguments": ["m"], **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"module": "not_imported_anywhere"},
        {"type": "SystemExit"},
        {"type": "print"},
        {"type": "NoSuchError"},
        {"module": "os", "type": "system"},
        {"module": "sys", "type": "modules.os"},
        {"arguments": None},
        {"message": "other"},
    ],
    ids=repr,
)
def test_data_does_not_decide_what_is_made(changes: Any):
    assert type(error_of(failure(**changes))) is TaskError


def test_an_error_of_fairlead_needs_no_arguments_to_be_itself():
    told = failure(module="fairlead.errors", type="ProgramError", arguments=None)
    error = error_of(told)
    assert type(error) is ProgramError
    assert str(error) == "m"


def test_a_lazy_module_is_not_asked_for_what_it_has_not_loaded(monkeypatch: Any):
    module = ModuleType("lazy_module")
    asked: list[str] = []
    module.__getattr__ = asked.append  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "lazy_module", module)
    assert type(error_of(failure(module="lazy_module", type="LateError"))) is TaskError
    assert asked == []


def test_the_fallback_can_be_another_class():
    back = error_of(failure(module="elsewhere"), JobFailedError)
    assert type(back) is JobFailedError
    assert str(back) == "elsewhere.ValueError: m"


def test_a_long_message_is_cut():
    assert len(raised(ValueError("x" * 20_000)).message) == MAX_MESSAGE


def test_a_program_s_own_class_is_found_under_the_name_of_the_imported_program(monkeypatch: Any):
    module = ModuleType("__fairlead_program__7")
    error = type("ProgramOwnError", (Exception,), {"__module__": module.__name__})
    module.__dict__["ProgramOwnError"] = error
    monkeypatch.setitem(sys.modules, module.__name__, module)
    recorded = raised(error("x"))
    assert recorded.module == "__main__"
    assert type(error_of(recorded)) is error


def test_an_exception_that_cannot_even_be_shown_is_kept():
    recorded = raised(RudeError())
    assert recorded.message == "(the message of this RudeError cannot be shown)"
    assert type(error_of(recorded)) is RudeError


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (Upstream("a", "FAILED_OPTIONAL", None, failure()), ValueError),
        (Upstream("a", "CANCELLED", None), TaskCancelledError),
        (Upstream("a", "SKIPPED", None), TaskError),
    ],
    ids=lambda value: getattr(value, "state", ""),
)
def test_what_is_behind_a_future_without_a_result_is_raised(end: Upstream, error: type[Exception]):
    with pytest.raises(error):
        upstream_result(end)


def test_the_result_behind_a_future():
    assert upstream_result(Upstream("a", "COMPLETED", b'{"x":[1]}')) == {"x": [1]}
