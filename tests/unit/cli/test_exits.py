"""Each error's exit code, and its one line."""

from __future__ import annotations

import pytest

from fairlead import errors
from fairlead.cli.exits import ExitCode, exit_code, explain


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotFoundError("x"), ExitCode.NOT_FOUND),
        (errors.BackendUnavailableError("x"), ExitCode.UNREACHABLE),
        (errors.StoreVersionError("x"), ExitCode.UNREACHABLE),
        (errors.JobBusyError("x"), ExitCode.UNREACHABLE),
        (errors.InvalidRequestError("x"), ExitCode.USAGE),
        (errors.TaskInputError("x"), ExitCode.USAGE),
        (errors.ConflictingDefinitionError("x"), ExitCode.USAGE),
        (errors.ProgramError("x"), ExitCode.USAGE),
        (errors.JobFailedError("x"), ExitCode.JOB_FAILED),
        (ZeroDivisionError("x"), ExitCode.INTERNAL),
    ],
)
def test_each_error_has_its_code(error: Exception, code: ExitCode) -> None:
    assert exit_code(error) is code


def test_an_explanation_is_one_line() -> None:
    assert explain(errors.NotFoundError("no job\n  has that name")) == "no job has that name"
    assert explain(errors.NotFoundError()) == "NotFoundError"


def test_an_error_of_the_inside_says_how_to_see_more() -> None:
    assert explain(KeyError("gone")) == (
        "internal error: KeyError: 'gone' (run again with `fairlead --debug ...` to see where)"
    )
